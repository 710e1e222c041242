/**
 * Speaks clauses of many lengths before the first caller does. On a graphics card ONNX Runtime searches for the best way to
 * compute every convolution when it meets a length for the first time, and keeps what it found (`CudnnConvState` in ONNX
 * Runtime's providers/cuda/nn/conv.h). For models whose graph takes no mask, so that a clause cannot be padded to a length
 * that is known, or whose sound has a length that only the graph knows.
 */
import type { OnnxPlace } from '../onnx/onnx-session.js';
import type { VoiceModel } from './voice-model.js';

/** A start takes so much longer; well below what a load may take. */
const LIMIT_MS = 20_000;

/** As long as a clause can be. */
export const LONGEST_CLAUSE =
  'If you would like to hear more about the weather in the north of the country this weekend, then tell me which day suits ' +
  'you best, and I shall look up what they expect for the morning and the evening.';

/**
 * Only on a graphics card: on a processor every length is as good.
 * @param replacement of a model that died: callers wait, and each sets up the length of its own clause.
 */
export async function warmLengths(
  model: VoiceModel,
  { device }: OnnxPlace,
  replacement: boolean,
): Promise<void> {
  if (device === 'cuda' && !replacement) await speakLengths(model, LONGEST_CLAUSE, LIMIT_MS);
}

/** All of the text first, which decides on the memory that the model takes; then beginnings of it, as many as time allows. */
export async function speakLengths(model: VoiceModel, text: string, limitMs: number): Promise<void> {
  const [voice = ''] = model.voices;
  const { signal } = new AbortController();
  const end = performance.now() + limitMs;
  for (const length of evenly(text.length)) {
    for await (const chunk of model.speak(text.slice(0, length), voice, signal)) void chunk;
    if (performance.now() > end) return;
  }
}

/** The numbers from `most` to 1, in rounds: each goes over all of them, with half the steps of the one before. */
export function evenly(most: number): number[] {
  const numbers = new Set<number>();
  for (let step = most; numbers.size < most; step = Math.ceil(step / 2))
    for (let number = most; number >= 1; number -= step) numbers.add(number);
  return [...numbers];
}
