/** Gives many sequences the same beginning for the price of one: evaluated once, then copied. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Token } from 'node-llama-cpp';
import { Urgency } from './llama-batching.js';
import type { LlamaSequence } from './llama-sequence.js';

/** Copying goes through a file, which is slower than evaluating so few tokens. */
export const worthCopying = 64;

/** @param tokens what every sequence holds afterwards. */
export async function sharePrefix(
  sequences: readonly LlamaSequence[],
  tokens: Token[],
  signal: AbortSignal,
): Promise<void> {
  const [first, ...others] = sequences;
  if (first === undefined || tokens.length === 0) return;
  const evaluate = (sequence: LlamaSequence) => sequence.prefill(tokens, () => Urgency.prefill, signal);
  if (tokens.length < worthCopying) {
    await Promise.all(sequences.map(evaluate));
    return;
  }
  await evaluate(first);
  const folder = await mkdtemp(join(tmpdir(), 'parley-prefix-'));
  try {
    const file = join(folder, 'state');
    await first.save(file);
    for (const sequence of others) {
      signal.throwIfAborted();
      await sequence.restore(file);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}
