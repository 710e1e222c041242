/** A recogniser behind OpenAI's audio transcriptions: Speaches, vLLM with Whisper, or a hosted one. */
import { FormData } from 'undici';
import { z } from 'zod';
import type { Config } from '../../config.js';
import { EngineFailedError } from '../../errors.js';
import {
  HEARING_RATE_HZ,
  type RecognizerHandle,
  type SpeechRecognizer,
  type Utterance,
} from '../engine-types.js';
import type { RunnerContext } from '../runners.js';
import { abortReason, unlessAborted } from '../turnstile.js';
import { openEndpoint } from './endpoint-settings.js';
import type { HttpEndpoint } from './http-endpoint.js';
import { wavOf } from './wav-file.js';

const name = 'recognizerEndpoint';
const answerSchema = z.object({ text: z.string() });
/** Shorter sound is no word. */
const leastSamples = 0.05 * HEARING_RATE_HZ;

/** The runner of `recognizer.model: endpoint`. */
export function runEndpointRecognizer({ config }: RunnerContext): Promise<EndpointRecognizer> {
  return Promise.resolve(new EndpointRecognizer(config.recognizerEndpoint));
}

export class EndpointRecognizer implements SpeechRecognizer {
  readonly name: string;
  readonly #endpoint: HttpEndpoint;
  readonly #settings: Config['recognizerEndpoint'];

  /** @throws ConfigurationError when no address is set. */
  constructor(settings: Config['recognizerEndpoint']) {
    this.name = settings.model;
    this.#settings = settings;
    this.#endpoint = openEndpoint(name, settings);
  }

  /** Has a moment of silence transcribed: whoever cannot be reached says so before the first call. */
  async warm(signal: AbortSignal): Promise<void> {
    await this.#transcribe([new Int16Array(HEARING_RATE_HZ / 2)], signal);
  }

  open(): RecognizerHandle {
    const closed = new AbortController();
    return {
      begin: (onPartial, signal) =>
        new EndpointUtterance(
          (sound, ended) => this.#transcribe(sound, ended),
          this.#settings.partialMs,
          onPartial,
          AbortSignal.any([signal, closed.signal]),
        ),
      close: () => {
        closed.abort();
        return Promise.resolve();
      },
    };
  }

  close(): Promise<void> {
    return this.#endpoint.close();
  }

  async #transcribe(sound: readonly Int16Array[], signal: AbortSignal): Promise<string> {
    const { model, language } = this.#settings;
    const form = new FormData();
    form.append('file', new Blob([wavOf(sound, HEARING_RATE_HZ)], { type: 'audio/wav' }), 'speech.wav');
    form.append('model', model);
    form.append('response_format', 'json');
    if (language !== '') form.append('language', language);
    const answer = await this.#endpoint.text('audio/transcriptions', form, signal);
    try {
      return answerSchema.parse(JSON.parse(answer)).text.trim();
    } catch (error) {
      throw new EngineFailedError(`${name}: this is no transcription: ${answer.slice(0, 200)}`, {
        cause: error,
      });
    }
  }
}

class EndpointUtterance implements Utterance {
  readonly #transcribe: (sound: readonly Int16Array[], signal: AbortSignal) => Promise<string>;
  readonly #partialSamples: number;
  readonly #onPartial: ((words: string) => void) | undefined;
  readonly #signal: AbortSignal;
  readonly #sound: Int16Array[] = [];
  #samples = 0;
  #askedAt = 0;
  #partial = '';
  /** The request for partial words that is on. */
  #asking: AbortController | undefined;
  #result: Promise<string> | undefined;

  constructor(
    transcribe: (sound: readonly Int16Array[], signal: AbortSignal) => Promise<string>,
    partialMs: number,
    onPartial: ((words: string) => void) | undefined,
    signal: AbortSignal,
  ) {
    this.#transcribe = transcribe;
    this.#partialSamples = (partialMs * HEARING_RATE_HZ) / 1000;
    this.#onPartial = onPartial;
    this.#signal = signal;
  }

  push(samples: Int16Array): void {
    if (this.#result !== undefined || this.#signal.aborted) return;
    this.#sound.push(samples.slice());
    this.#samples += samples.length;
    const wanted = this.#onPartial !== undefined && this.#partialSamples > 0;
    const due = wanted && this.#samples - this.#askedAt >= this.#partialSamples;
    if (due && this.#asking === undefined) void this.#askPartial();
  }

  finish(): Promise<string> {
    if (this.#result === undefined) {
      this.#asking?.abort();
      this.#result = this.#finish();
      // An utterance that was given up is not asked for its words.
      this.#result.catch(() => undefined);
    }
    return this.#result;
  }

  async #finish(): Promise<string> {
    if (this.#signal.aborted) throw abortReason(this.#signal);
    if (this.#samples < leastSamples) return '';
    return unlessAborted(this.#transcribe(this.#sound, this.#signal), this.#signal);
  }

  /** Has what was said so far transcribed. What fails here is told by the final words, which are asked for anew. */
  async #askPartial(): Promise<void> {
    const asking = new AbortController();
    this.#asking = asking;
    this.#askedAt = this.#samples;
    try {
      const words = await this.#transcribe([...this.#sound], AbortSignal.any([this.#signal, asking.signal]));
      if (this.#result !== undefined || words === '' || words === this.#partial) return;
      this.#partial = words;
      this.#onPartial?.(words);
    } catch {
      this.#askedAt = this.#samples;
    } finally {
      this.#asking = undefined;
    }
  }
}
