import { describe, expect, it } from 'vitest';
import { Pace } from '../../../server/engines/llama-pace.js';
import { quantile } from '../../helpers/quantiles.js';
import { Random } from '../../helpers/random.js';

/** A machine on which a batch takes so long, ms. */
type Machine = (steps: number, promptTokens: number) => number;

/** As measured on a processor: every step and the first token of a prompt cost a pass over the weights, more come cheaper. */
function processor(stepMs: number, tokenMs: number): Machine {
  return (steps, tokens) =>
    tokens === 0
      ? stepMs * (0.4 + 0.6 * steps)
      : steps === 0
        ? 0.7 * stepMs + tokens * tokenMs
        : stepMs * (1 + 0.6 * steps) + (tokens - 1) * tokenMs;
}

const machines: [string, Machine][] = [
  ['a small model on one core', processor(22, 11)],
  ['a small model on two cores', processor(20, 6)],
  ['a large model on two cores', processor(120, 18)],
  ['a graphics card', (steps, tokens) => 10 + 0.1 * steps + 0.4 * tokens],
  ['a kernel for sixteen', (steps, tokens) => 22 * Math.ceil((steps + tokens) / 16)],
];

/**
 * Batches with `steps` answers beside a prompt, as `pace` says.
 * @returns how many times as long as one of steps alone each was.
 */
function beside(pace: Pace, machine: Machine, steps: number, batches: number, noise = () => 1): number[] {
  const stretches: number[] = [];
  for (let batch = 0; batch < batches; batch++) {
    const promptTokens = pace.wantsStep ? 0 : pace.promptTokens(steps);
    const ms = machine(steps, promptTokens);
    pace.record({ steps, promptTokens, ms: ms * noise() });
    if (promptTokens > 0) stretches.push(ms / machine(steps, 0));
  }
  return stretches;
}

function warmed(machine: Machine, noise = () => 1): Pace {
  const pace = new Pace();
  for (let batch = 0; batch < 20; batch++) {
    const promptTokens = pace.promptTokens(0);
    pace.record({ steps: 0, promptTokens, ms: machine(0, promptTokens) * noise() });
    pace.record({ steps: 1, promptTokens: 0, ms: machine(1, 0) * noise() });
  }
  return pace;
}

describe('the pace of prompts', () => {
  it.each(machines)('keeps gaps below three times a step: %s', (_name, machine) => {
    const random = new Random(3);
    const noise = () => 0.95 + 0.1 * random.next();
    const pace = warmed(machine, noise);
    for (const steps of [1, 3, 1]) {
      const stretches = beside(pace, machine, steps, 800, noise);
      // More is tried now and then, and may turn out to be too much.
      expect(quantile(stretches, 0.99)).toBeLessThan(2.7);
      expect(Math.max(...stretches)).toBeLessThan(3.3);
    }
  });

  it.each(machines)('gets on as quickly as that allows: %s', (_name, machine) => {
    const pace = warmed(machine);
    beside(pace, machine, 1, 100);
    const limitMs = Math.max(Math.min(2.5 * machine(1, 0), 80), machine(1, 0) + 10, 1.8 * machine(1, 0));
    const amounts = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128];
    const most = amounts.findLast((tokens) => machine(1, tokens) <= limitMs) ?? 1;
    expect(pace.promptTokens(1)).toBeGreaterThanOrEqual(most / 2);
  });

  it.each(machines)('leaves no batch of prompts too long to wait for its end: %s', (_name, machine) => {
    const pace = warmed(machine);
    const tokens = pace.promptTokens(0);
    expect(machine(0, tokens)).toBeLessThan(Math.max(100, machine(0, 8) * 1.1));
  });

  it('lets a quick machine take all it can', () => {
    const quick: Machine = (steps, tokens) => 1 + 0.05 * (steps + tokens);
    const pace = warmed(quick);
    beside(pace, quick, 1, 40);
    expect(pace.promptTokens(1)).toBe(128);
    expect(pace.promptTokens(0)).toBe(128);
  });

  it('wants a step without prompts now and then, and learns from it that the machine has become slower', () => {
    const before = processor(20, 6);
    const after = processor(30, 9);
    const pace = warmed(before);
    beside(pace, before, 1, 100);
    beside(pace, after, 1, 1000);
    // Gets on, though every batch is longer now than all that were allowed before.
    expect(pace.promptTokens(1)).toBeGreaterThan(1);
    expect(Math.max(...beside(pace, after, 1, 200))).toBeLessThan(3);
  });

  it('is hardly moved by batches that took long, and at once by one that did not', () => {
    const machine = processor(3, 1);
    const pace = warmed(machine);
    const before = pace.promptTokens(0);
    for (let count = 0; count < 3; count++)
      pace.record({ steps: 0, promptTokens: pace.promptTokens(0), ms: 100_000 });
    expect(pace.promptTokens(0)).toBeGreaterThan(before / 3);
    for (let count = 0; count < 4; count++) pace.record({ steps: 0, promptTokens: 20, ms: 23 });
    expect(pace.promptTokens(0)).toBeGreaterThan(0.8 * before);
  });
});
