/** Speech for models that hear all of it at once: it is kept, and heard anew whenever its words are wanted. */
import { Rows } from '../onnx/rows.js';
import type { SpeechStream } from './speech-model.js';

/** @returns the words of `samples` at 16 kHz, in [-1, 1]. */
export type RecognizeWhole = (samples: Float32Array, signal: AbortSignal) => Promise<string>;

export class WholeSpeech implements SpeechStream {
  readonly #recognize: RecognizeWhole;
  readonly #mostSamples: number;
  readonly #samples = new Rows(1);

  /** @param mostSamples that the model takes; of what is longer, the beginning is left out. */
  constructor(recognize: RecognizeWhole, mostSamples: number) {
    this.#recognize = recognize;
    this.#mostSamples = mostSamples;
  }

  push(samples: Float32Array): Promise<void> {
    this.#samples.push(samples);
    this.#samples.drop(Math.max(0, this.#samples.length - this.#mostSamples));
    return Promise.resolve();
  }

  async words(_final: boolean, signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    return this.#samples.length === 0 ? '' : this.#recognize(this.#samples.values, signal);
  }
}
