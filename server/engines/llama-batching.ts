/** In which order the tokens of different callers go into llama.cpp's next batch. */
import type { CustomBatchingPrioritizationStrategy, EvaluationPriority } from 'node-llama-cpp';

/** Tokens of one batch at most. Smaller on a processor: whoever speaks waits for the whole batch. */
export const batchTokens = 128;

/** More tokens than this is a prompt; fewer are the next step of an answer. */
const stepTokens = 4;

/** What node-llama-cpp is told of the urgency of a request, 1 to 5. */
export const Urgency = {
  /** A caller waits in silence for an answer. */
  reply: 5,
  /** Decides whether a turn is over. */
  endOfTurn: 4,
  /** An answer that may still be thrown away. */
  draft: 3,
  /** Ahead of time. */
  prefill: 1,
} as const satisfies Record<string, EvaluationPriority>;

/**
 * Steps of answers first, then prompts by urgency. The library's own strategy lets a long prompt that was queued first
 * keep every answer waiting until it is through.
 * @param replying how many answers are being generated now. Their next step is often queued just after a batch was
 *   put together, so that looking at the queue alone would miss them.
 * @param promptTokens how many tokens of prompts may go into a batch beside them.
 */
export function stepsBeforePrompts(
  replying: () => number,
  promptTokens: () => number,
): CustomBatchingPrioritizationStrategy {
  return ({ items, size }) => {
    const steps = items.filter((item) => item.tokens.length <= stepTokens);
    const prompts = items
      .filter((item) => item.tokens.length > stepTokens)
      .sort((one, other) => other.evaluationPriority - one.evaluationPriority);
    let left = size;
    const take = (item: (typeof items)[number]) => {
      const processAmount = Math.min(item.tokens.length, left);
      left -= processAmount;
      return { item, processAmount };
    };
    const batch = steps.map(take);
    if (steps.length > 0 || replying() > 0) left = Math.min(left, promptTokens());
    batch.push(...prompts.map(take));
    return batch.filter(({ processAmount }) => processAmount > 0);
  };
}
