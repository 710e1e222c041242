/** Keeps a conversation within a model's context: the oldest turns are forgotten first. */
import type { ChatMessage } from './engine-types.js';

export interface HistoryMeasure {
  /** Tokens of the whole prompt that this history makes. */
  prompt(history: readonly ChatMessage[]): number;
  /** Tokens of a text by itself. */
  text(text: string): number;
  /** The beginning or the end of a text that has this many tokens at most. */
  cut(text: string, tokens: number, keep: 'beginning' | 'end'): string;
}

export interface FittedHistory {
  history: readonly ChatMessage[];
  /** Messages left out after the system prompt; to be given back next time. */
  dropped: number;
}

/** When turns have to go, so many go at once that this part of the budget is used: the next turns then keep their prefix. */
const usedAfterDropping = 0.6;

/** The first turn of a call and its answer stay when others have to go: callers say there who they are. So much of the budget. */
const firstTurnShare = 0.1;

/** More characters of one message than this for each token of the budget are not even counted: that takes its time. */
const charactersPerToken = 8;

/**
 * @param budget tokens that the prompt may have.
 * @param dropped what the call before returned, 0 at first. A conversation that only grows keeps its beginning, and with
 *   it what is already evaluated, until the budget is used up again.
 */
export function fitHistory(
  wholeHistory: readonly ChatMessage[],
  budget: number,
  dropped: number,
  measure: HistoryMeasure,
): FittedHistory {
  const history = wholeHistory.map((message) => withoutExcess(message, budget * charactersPerToken));
  const firstTurn = history.findIndex((message) => message.role !== 'system');
  const system = firstTurn < 0 ? history : history.slice(0, firstTurn);
  const turns = firstTurn < 0 ? [] : history.slice(firstTurn);
  const opening = openingOf(turns, budget * firstTurnShare, measure);
  const from = (index: number) =>
    index <= opening.length ? [...system, ...turns] : [...system, ...opening, ...turns.slice(index)];
  let start = dropped < turns.length ? dropped : 0;
  let size = measure.prompt(from(start));
  if (size > budget) {
    const target = budget * usedAfterDropping;
    while (size > target && start < turns.length - 1) {
      // Counted by their texts while they go, by the whole prompt when it looks as if enough are gone.
      let estimate = size;
      while (estimate > target && start < turns.length - 1) {
        const end = nextTurn(turns, start);
        for (const message of turns.slice(start, end)) estimate -= measure.text(message.text);
        start = end;
      }
      size = measure.prompt(from(start));
    }
  }
  const fitted = from(start);
  return { history: size > budget ? shorten(fitted, size - budget, measure) : fitted, dropped: start };
}

function withoutExcess(message: ChatMessage, characters: number): ChatMessage {
  if (message.text.length <= characters) return message;
  const { role, text } = message;
  return { ...message, text: role === 'system' ? text.slice(0, characters) : text.slice(-characters) };
}

/** The first turn with its answer, when it is short. */
function openingOf(turns: readonly ChatMessage[], budget: number, measure: HistoryMeasure): ChatMessage[] {
  const end = turns.findIndex((message, index) => index > 0 && message.role === 'user');
  if (end < 0) return [];
  const opening = turns.slice(0, end);
  return opening.reduce((sum, { text }) => sum + measure.text(text), 0) <= budget ? opening : [];
}

/** Index of the next turn of the caller, or of the last message. */
function nextTurn(turns: readonly ChatMessage[], start: number): number {
  const next = turns.findIndex((message, index) => index > start && message.role === 'user');
  return next < 0 ? turns.length - 1 : next;
}

/** Takes `excess` tokens away from the beginning of the last message and, where that is not enough, the end of the first ones. */
function shorten(
  history: readonly ChatMessage[],
  excess: number,
  measure: HistoryMeasure,
): readonly ChatMessage[] {
  const short = history.map((message) => ({ ...message }));
  let left = excess;
  const order = [...short.keys()].reverse();
  for (const index of order) {
    const message = short[index];
    if (message === undefined || left <= 0) break;
    const size = measure.text(message.text);
    const keep = message.role === 'system' ? 'beginning' : 'end';
    message.text = measure.cut(message.text, Math.max(0, size - left - shortenMargin), keep);
    left -= size - measure.text(message.text);
  }
  return short;
}

/** A cut text may have a few tokens more than what was kept of it. */
const shortenMargin = 4;
