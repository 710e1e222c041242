import { describe, expect, it } from 'vitest';

import type { ChatMessage } from '../../../server/engines/engine-types.js';
import { fitHistory, type HistoryMeasure } from '../../../server/engines/fit-history.js';

/** One token per word and two more per message. */
const measure: HistoryMeasure = {
  prompt: (history) => history.reduce((sum, { text }) => sum + wordsOf(text).length + 2, 0),
  text: (text) => wordsOf(text).length,
  cut: (text, tokens, keep) => {
    if (tokens <= 0) return '';
    return (keep === 'end' ? wordsOf(text).slice(-tokens) : wordsOf(text).slice(0, tokens)).join(' ');
  },
};
const system: ChatMessage = { role: 'system', text: 'be kind' };

function wordsOf(text: string): string[] {
  return text.split(' ').filter((word) => word !== '');
}

function conversation(turns: number): ChatMessage[] {
  const history: ChatMessage[] = [system];
  for (let turn = 1; turn <= turns; turn++) {
    if (turn > 1) history.push({ role: 'assistant', text: `answer ${turn - 1} is this` });
    history.push({ role: 'user', text: `question number ${turn}` });
  }
  return history;
}

describe('a history', () => {
  it('that fits stays as it is', () => {
    const history = conversation(3);
    expect(fitHistory(history, 100, 0, measure)).toEqual({ history, dropped: 0 });
  });

  it('that is too long loses its oldest turns, question and answer together, but never the system prompt', () => {
    const { history, dropped } = fitHistory(conversation(30), 100, 0, measure);
    expect(measure.prompt(history)).toBeLessThanOrEqual(100);
    expect(history[0]).toEqual(system);
    expect(history[1]?.role).toBe('user');
    expect(history.at(-1)?.text).toBe('question number 30');
    expect(dropped % 2).toBe(0);
  });

  it('keeps its beginning for some turns after it was cut', () => {
    let dropped = 0;
    const beginnings = new Set<string>();
    for (let turns = 30; turns < 40; turns++) {
      const fitted = fitHistory(conversation(turns), 100, dropped, measure);
      expect(measure.prompt(fitted.history)).toBeLessThanOrEqual(100);
      beginnings.add(fitted.history[1]?.text ?? '');
      dropped = fitted.dropped;
    }
    expect(beginnings.size).toBeLessThanOrEqual(4);
  });

  it('keeps a short first turn with its answer when others go, where callers say who they are', () => {
    const { history } = fitHistory(conversation(30), 100, 0, measure);
    expect(history.slice(1, 3).map(({ text }) => text)).toEqual(['question number 1', 'answer 1 is this']);
    expect(history[3]?.text).not.toBe('question number 2');
    const long = conversation(30);
    long[1] = { role: 'user', text: 'word '.repeat(20) };
    expect(fitHistory(long, 100, 0, measure).history[1]?.text).not.toBe(long[1]?.text);
  });

  it('of another, shorter conversation is not cut for what was before', () => {
    expect(fitHistory(conversation(2), 100, 40, measure).history).toEqual(conversation(2));
  });

  it('of one message that is too long keeps the end of it, and the beginning of the system prompt', () => {
    const long = Array.from({ length: 500 }, (_, index) => `w${index}`).join(' ');
    const { history } = fitHistory([system, { role: 'user', text: long }], 100, 0, measure);
    expect(measure.prompt(history)).toBeLessThanOrEqual(100);
    expect(history[0]).toEqual(system);
    expect(history[1]?.text).toMatch(/w499$/);
    const both = fitHistory(
      [
        { role: 'system', text: long },
        { role: 'user', text: 'hello' },
      ],
      100,
      0,
      measure,
    ).history;
    expect(measure.prompt(both)).toBeLessThanOrEqual(100);
    expect(both[0]?.text).toMatch(/^w0 /);
  });

  it('is not changed itself', () => {
    const history = conversation(30);
    const copy = structuredClone(history);
    fitHistory(history, 20, 0, measure);
    expect(history).toEqual(copy);
  });

  it('may be empty or have nothing but a system prompt', () => {
    expect(fitHistory([], 10, 3, measure)).toEqual({ history: [], dropped: 0 });
    expect(fitHistory([system], 10, 0, measure)).toEqual({ history: [system], dropped: 0 });
  });
});
