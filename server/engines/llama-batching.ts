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
 * keep every answer waiting until it is through. (How much of a prompt is queued at a time, SequenceGroup decides.)
 */
export const stepsBeforePrompts: CustomBatchingPrioritizationStrategy = ({ items, size }) => {
  const steps = items.filter((item) => item.tokens.length <= stepTokens);
  const prompts = items
    .filter((item) => item.tokens.length > stepTokens)
    .sort((one, other) => other.evaluationPriority - one.evaluationPriority);
  let left = size;
  const batch = [...steps, ...prompts].map((item) => {
    const processAmount = Math.min(item.tokens.length, left);
    left -= processAmount;
    return { item, processAmount };
  });
  return batch.filter(({ processAmount }) => processAmount > 0);
};
