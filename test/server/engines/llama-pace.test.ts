import { describe, expect, it } from 'vitest';
import { Pace, type Batch } from '../../../server/engines/llama-pace.js';
import { Random } from '../../helpers/random.js';

/** A machine on which a batch takes so long. */
interface Machine {
  stepMs: number;
  tokenMs: number;
}

/** What `pace` has learnt after batches of every kind, the tokens of prompts as it says. */
function learn(pace: Pace, { stepMs, tokenMs }: Machine, batches = 60): void {
  const chance = new Random(3);
  for (let count = 0; count < batches; count++) {
    const noise = 0.9 + 0.2 * chance.next();
    const beside = pace.promptTokens(true);
    const alone = pace.promptTokens(false);
    const kinds: Batch[] = [
      { steps: 1, promptTokens: 0, ms: stepMs * noise },
      { steps: 1, promptTokens: beside, ms: (stepMs + beside * tokenMs) * noise },
      { steps: 0, promptTokens: alone, ms: alone * tokenMs * noise },
    ];
    kinds.forEach((batch) => pace.record(batch));
  }
}

describe('the pace of prompts', () => {
  it.each<[string, Machine]>([
    ['a small model on two cores', { stepMs: 36, tokenMs: 7 }],
    ['a large model on two cores', { stepMs: 120, tokenMs: 18 }],
    ['a graphics card', { stepMs: 10, tokenMs: 0.4 }],
  ])('keeps gaps below three times a step, and the longest batch short: %s', (_name, machine) => {
    const pace = new Pace();
    learn(pace, machine);
    const { stepMs, tokenMs } = machine;
    const gapMs = stepMs + pace.promptTokens(true) * tokenMs;
    expect(gapMs).toBeLessThan(3 * stepMs);
    expect(pace.promptTokens(false) * tokenMs).toBeLessThan(Math.max(100, 9 * tokenMs));
  });

  it('lets a quick machine take all it can', () => {
    const pace = new Pace();
    learn(pace, { stepMs: 1, tokenMs: 0.05 });
    expect(pace.promptTokens(true)).toBe(128);
    expect(pace.promptTokens(false)).toBe(128);
  });

  it('is hardly moved by batches that took long, and at once by one that did not', () => {
    const pace = new Pace();
    learn(pace, { stepMs: 3, tokenMs: 1 });
    const before = pace.promptTokens(false);
    for (let count = 0; count < 5; count++)
      pace.record({ steps: 0, promptTokens: pace.promptTokens(false), ms: 100_000 });
    expect(pace.promptTokens(false)).toBeGreaterThan(before / 2);
    for (let count = 0; count < 3; count++) pace.record({ steps: 0, promptTokens: 20, ms: 20 });
    expect(pace.promptTokens(false)).toBeGreaterThan(0.8 * before);
  });
});
