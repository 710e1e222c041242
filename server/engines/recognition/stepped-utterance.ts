/** One stretch of speech on its way through a model that works step by step. */
import { EngineFailedError } from '../../errors.js';
import { HEARING_RATE_HZ, Priority, type Utterance } from '../engine-types.js';
import type { StepRequest, StepResult } from './serve-recognizer.js';

/** Where the steps are done. */
export interface StepHost {
  request(step: StepRequest, priority: Priority, signal: AbortSignal): Promise<StepResult>;
}

/** Sound that the model has heard already, in a stream that can go on. */
export interface KnownSound {
  stream: number;
  /** All sound of the utterance, in order. */
  readonly sound: SoundBuffer;
  /** Samples of it that have certainly reached the model. */
  sent: number;
}

/** After words that took long to find, the model is left to others for so many times as long. */
const REST_AFTER_PARTIAL = 2;

let lastStream = 0;

export class SteppedUtterance implements Utterance {
  /** What a later utterance that begins with the same sound goes on with. */
  readonly known: KnownSound;
  readonly #host: StepHost;
  readonly #onPartial: (words: string) => void;
  readonly #signal: AbortSignal;
  readonly #partialEverySamples: number;
  /** An earlier utterance of the caller, as long as this one may turn out to continue it. */
  #before: KnownSound | undefined;
  #partial = '';
  /** The step for partial words that is on. */
  #asking: AbortController | undefined;
  #askedAt = 0;
  #rest: NodeJS.Timeout | undefined;
  #result: Promise<string> | undefined;

  /** @param before the caller's utterance before this one, which this one may begin with. */
  constructor(
    host: StepHost,
    { partialEveryMs }: { partialEveryMs: number },
    onPartial: (words: string) => void,
    signal: AbortSignal,
    before?: KnownSound,
  ) {
    this.#host = host;
    this.#onPartial = onPartial;
    this.#signal = signal;
    this.#partialEverySamples = (partialEveryMs * HEARING_RATE_HZ) / 1000;
    this.#before = before;
    this.known = { stream: ++lastStream, sound: new SoundBuffer(), sent: 0 };
    signal.addEventListener('abort', this.#givenUp, { once: true });
  }

  push(samples: Int16Array): void {
    if (this.#result || this.#signal.aborted) return;
    const { sound } = this.known;
    sound.push(samples);
    if (this.#before && sound.length >= this.#before.sound.length) this.#goOnWithBefore();
    this.#askWhenDue();
  }

  finish(): Promise<string> {
    if (!this.#result) {
      this.#asking?.abort();
      clearTimeout(this.#rest);
      this.#goOnWithBefore();
      this.#result = this.#finish();
      // An utterance that was given up is not asked for its words.
      this.#result.catch(() => undefined);
    }
    return this.#result;
  }

  async #finish(): Promise<string> {
    try {
      this.#signal.throwIfAborted();
      if (this.known.sound.length === 0) return '';
      return await this.#finalWords().catch((error: unknown) => {
        if (!(error instanceof EngineFailedError) || this.#signal.aborted) throw error;
        return this.#finalWords();
      });
    } finally {
      this.#signal.removeEventListener('abort', this.#givenUp);
    }
  }

  #finalWords(): Promise<string> {
    return this.#words(true, Priority.waiting, this.#signal);
  }

  #askWhenDue(): void {
    const due = this.known.sound.length - this.#askedAt >= this.#partialEverySamples;
    if (due && !this.#before && !this.#asking && !this.#rest) void this.#askForPartial();
  }

  async #askForPartial(): Promise<void> {
    const asking = new AbortController();
    this.#asking = asking;
    this.#askedAt = this.known.sound.length;
    const began = performance.now();
    try {
      const signal = AbortSignal.any([asking.signal, this.#signal]);
      const words = await this.#words(false, Priority.spare, signal);
      if (words === this.#partial || this.#result || signal.aborted) return;
      this.#partial = words;
      this.#onPartial(words);
    } catch {
      // Words that were not found in time are found with the next ones, or an error says so at the end.
    } finally {
      this.#asking = undefined;
      if (!this.#result && !this.#signal.aborted) {
        const restMs = REST_AFTER_PARTIAL * (performance.now() - began);
        this.#rest = setTimeout(() => {
          this.#rest = undefined;
          this.#askWhenDue();
        }, restMs);
      }
    }
  }

  async #words(final: boolean, priority: Priority, signal: AbortSignal): Promise<string> {
    const { known } = this;
    for (;;) {
      const { length } = known.sound;
      const step = { stream: known.stream, from: known.sent, samples: known.sound.slice(known.sent), final };
      let result: StepResult;
      try {
        result = await this.#host.request(step, priority, signal);
      } catch (error) {
        // A thread that has died takes its streams with it.
        if (error instanceof EngineFailedError) known.sent = 0;
        throw error;
      }
      if ('words' in result) {
        known.sent = length;
        return result.words;
      }
      known.sent = 0;
    }
  }

  /** Takes over the stream of the utterance before, when this one begins with all of its sound. */
  #goOnWithBefore(): void {
    const before = this.#before;
    this.#before = undefined;
    if (!before) return;
    if (this.known.sound.startsWith(before.sound)) {
      this.known.stream = before.stream;
      this.known.sent = before.sent;
    } else this.#forget(before.stream);
  }

  readonly #givenUp = (): void => {
    clearTimeout(this.#rest);
    if (this.#before) this.#forget(this.#before.stream);
    // A pause that was ended by more speech: the stream may go on, and is dropped with the old ones if not.
    if (!this.#result) this.#forget(this.known.stream);
  };

  #forget(stream: number): void {
    this.#host
      .request({ forget: stream }, Priority.waiting, new AbortController().signal)
      .catch(() => undefined);
  }
}

/** Sound that grows. */
export class SoundBuffer {
  #samples = new Int16Array(HEARING_RATE_HZ);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(samples: Int16Array): void {
    const length = this.#length + samples.length;
    if (length > this.#samples.length) {
      const larger = new Int16Array(2 * length);
      larger.set(this.#samples.subarray(0, this.#length));
      this.#samples = larger;
    }
    this.#samples.set(samples, this.#length);
    this.#length = length;
  }

  /** A copy of what lies from `from` on. */
  slice(from: number): Int16Array {
    return this.#samples.slice(from, this.#length);
  }

  startsWith(other: SoundBuffer): boolean {
    if (other.#length > this.#length) return false;
    const bytes = (sound: SoundBuffer): Buffer => Buffer.from(sound.#samples.buffer, 0, 2 * other.#length);
    return bytes(this).equals(bytes(other));
  }
}
