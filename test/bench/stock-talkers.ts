/** Talkers and prompts on node-llama-cpp as it comes: its own order of batches, prompts handed over as a whole. */
import { availableParallelism } from 'node:os';
import { getLlama, LlamaLogLevel, type LlamaContextSequence, type Token } from 'node-llama-cpp';
import type { Talkers } from './talk-beside-prompt.js';

/** @param threads 0 for as many as there are processors. */
export async function stockTalkers(path: string, callers: number, threads: number): Promise<Talkers> {
  const llama = await getLlama({ gpu: false, build: 'never', logLevel: LlamaLogLevel.error });
  const model = await llama.loadModel({ modelPath: path });
  const count = threads === 0 ? availableParallelism() : threads;
  const context = await model.createContext({
    sequences: callers,
    contextSize: 4096,
    threads: { ideal: count, min: count },
  });
  const sequences = Array.from({ length: callers }, () => context.getSequence());
  const [newcomer, ...others] = sequences;
  if (newcomer === undefined) throw new Error('There are too few sequences.');
  const tokens = (text: string): Token[] => model.tokenize(text);

  async function talk(sequence: LlamaContextSequence, onToken: () => void, signal: AbortSignal) {
    // Random weights may end an answer at any token.
    while (!signal.aborted) {
      await sequence.clearHistory();
      for await (const _ of sequence.evaluate(tokens('talk'), { temperature: 0.8 })) {
        onToken();
        if (signal.aborted) return;
      }
    }
  }
  return {
    talk: (index, onToken, signal) => talk(others[index] ?? newcomer, onToken, signal),
    async prompt(text, signal) {
      await newcomer.clearHistory();
      await newcomer.evaluateWithoutGeneratingNewTokens(tokens(text));
      signal.throwIfAborted();
    },
    close: () => llama.dispose(),
  };
}
