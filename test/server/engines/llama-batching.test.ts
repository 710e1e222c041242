import type { BatchItem } from 'node-llama-cpp';
import { describe, expect, it } from 'vitest';

import { stepsBeforePrompts } from '../../../server/engines/llama-batching.js';

function item(tokens: number, evaluationPriority: BatchItem['evaluationPriority'] = 5): BatchItem {
  return { tokens: Array.from({ length: tokens }), logits: [], evaluationPriority } as unknown as BatchItem;
}

describe('a batch', () => {
  it('has the steps of all answers, however long a prompt came first', () => {
    const prompt = item(400);
    const steps = [item(1), item(1)];
    expect(stepsBeforePrompts({ items: [prompt, ...steps], size: 128 })).toEqual([
      { item: steps[0], processAmount: 1 },
      { item: steps[1], processAmount: 1 },
      { item: prompt, processAmount: 126 },
    ]);
  });

  it('has the more urgent prompt first', () => {
    const ahead = item(100, 1);
    const urgent = item(100, 5);
    expect(stepsBeforePrompts({ items: [ahead, urgent], size: 128 })).toEqual([
      { item: urgent, processAmount: 100 },
      { item: ahead, processAmount: 28 },
    ]);
  });

  it('is never larger than its size', () => {
    const items = [...Array.from({ length: 20 }, () => item(1)), item(9), item(9)];
    const batch = stepsBeforePrompts({ items, size: 16 });
    expect(batch.reduce((sum, { processAmount }) => sum + processAmount, 0)).toBe(16);
    for (const { processAmount } of batch) expect(processAmount).toBeGreaterThan(0);
  });
});
