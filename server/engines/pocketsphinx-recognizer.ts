/**
 * PocketSphinx as a speech recogniser: a pool of decoders, each in a process of its own, lent to a caller for the
 * length of an utterance. What is learnt of a caller's voice travels with the caller, not with the decoder.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { entryPoint } from '../entry-point.js';
import { EngineFailedError, ModelUnusableError } from '../errors.js';
import type { Logger } from '../log.js';
import type { CepstralMean } from './cepstral-mean.js';
import { EngineHost, type EngineLoad } from './engine-host.js';
import {
  HEARING_RATE_HZ,
  Priority,
  type RecognizerHandle,
  type SpeechRecognizer,
  type Utterance,
} from './engine-types.js';
import type { PocketSphinxSettings } from './pocketsphinx-library.js';
import type { RunnerContext } from './runners.js';
import type {
  PartialWords,
  UtteranceInput,
  UtteranceRequest,
  UtteranceResult,
} from './pocketsphinx-process.js';

export interface PocketSphinxOptions {
  /** Callers who can be recognised at the same moment; further ones wait for each other. Default 2; 95 MB each. */
  decoders?: number;
  /** Folder with the models as Debian's `pocketsphinx-en-us` lays them out. Default {@link DEBIAN_MODEL}. */
  model?: string;
  /** Time without a sign of life after which a decoder is replaced, ms. Default 10 000. */
  silenceLimitMs?: number;
  onCrash?: (error: EngineFailedError) => void;
  logger: Logger;
}

export const DEBIAN_MODEL = '/usr/share/pocketsphinx/model/en-us';

const DECODER_SETTINGS = {
  // The second of three passes costs 100 ms at the end of an utterance and betters little; the last one pays.
  '-fwdflat': 'no',
  // Browsers take the noise out themselves; twice costs a fifth of the words that are understood wrong.
  '-remove_noise': 'no',
  // Weight of the language model in the last pass; 9.5 by default. People gain a tenth from more, clear voices lose nothing.
  '-bestpathlw': '12',
};
/** Speech of an utterance that is kept to be recognised again, or for the first time once a decoder is free. */
const KEPT_SAMPLES = 30 * HEARING_RATE_HZ;
/** Noise that takes the decoder some 60 ms. */
const WARM_UP_SAMPLES = 0.3 * HEARING_RATE_HZ;
const WARM_UP_AMPLITUDE = 1000;

type Host = EngineHost<UtteranceRequest, UtteranceInput, PartialWords, UtteranceResult>;

/** What is known of one caller. */
interface Caller {
  mean: CepstralMean | undefined;
}

export class PocketSphinxRecognizer implements SpeechRecognizer {
  readonly name = 'pocketsphinx';
  readonly #host: Host;
  readonly #decoders: number;

  private constructor(host: Host, decoders: number) {
    this.#host = host;
    this.#decoders = decoders;
  }

  /** @throws ModelUnusableError when the library or its model is not installed. */
  static async start(options: PocketSphinxOptions): Promise<PocketSphinxRecognizer> {
    const { decoders = 2, model = DEBIAN_MODEL, silenceLimitMs = 10_000, onCrash, logger } = options;
    if (!existsSync(model)) throw new ModelUnusableError(missing(`no model in ${model}`));
    const setup: PocketSphinxSettings = {
      acousticModel: join(model, 'en-us'),
      languageModel: join(model, 'en-us.lm.bin'),
      dictionary: join(model, 'cmudict-en-us.dict'),
      decoder: DECODER_SETTINGS,
    };
    try {
      const host: Host = await EngineHost.start({
        name: 'pocketsphinx',
        place: {
          kind: 'process',
          entry: entryPoint('./pocketsphinx-process', import.meta.url),
          killable: true,
        },
        setup,
        workers: decoders,
        silenceLimitMs,
        ...(onCrash && { onCrash }),
        logger,
      });
      return new PocketSphinxRecognizer(host, decoders);
    } catch (error) {
      if (!(error instanceof ModelUnusableError)) throw error;
      throw new ModelUnusableError(missing(error.message), { cause: error });
    }
  }

  /** For metrics. */
  get load(): EngineLoad {
    return this.#host.load;
  }

  /** Has every decoder recognise something. */
  async warm(signal: AbortSignal): Promise<void> {
    const noise = Int16Array.from(
      { length: WARM_UP_SAMPLES },
      () => WARM_UP_AMPLITUDE * (Math.random() - 0.5),
    );
    const caller = this.open();
    const one = async (): Promise<void> => {
      const utterance = caller.begin(() => undefined, signal);
      utterance.push(noise);
      await utterance.finish();
    };
    try {
      await Promise.all(Array.from({ length: this.#decoders }, one));
    } finally {
      await caller.close();
    }
  }

  open(): RecognizerHandle {
    const caller: Caller = { mean: undefined };
    const closed = new AbortController();
    return {
      begin: (onPartial, signal) =>
        new PocketSphinxUtterance(this.#host, caller, onPartial, AbortSignal.any([signal, closed.signal])),
      close: () => {
        closed.abort();
        return Promise.resolve();
      },
    };
  }

  close(): Promise<void> {
    return this.#host.close();
  }
}

/** The runner of the catalogue's `pocketsphinx`. */
export function runPocketSphinx({ config, log }: RunnerContext): Promise<PocketSphinxRecognizer> {
  return PocketSphinxRecognizer.start({
    decoders: config.recognizer.decoders,
    // A machine at its limit is slow; only a decoder that does nothing at all is to be replaced.
    silenceLimitMs: 15_000,
    logger: log,
  });
}

class PocketSphinxUtterance implements Utterance {
  readonly #host: Host;
  readonly #caller: Caller;
  readonly #onPartial: (words: string) => void;
  readonly #signal: AbortSignal;
  readonly #kept: Int16Array[] = [];
  #keptSamples = 0;
  #finished = false;
  #partial = '';
  #input: ((input: UtteranceInput) => void) | undefined;
  readonly #result: Promise<string>;

  constructor(host: Host, caller: Caller, onPartial: (words: string) => void, signal: AbortSignal) {
    this.#host = host;
    this.#caller = caller;
    this.#onPartial = onPartial;
    this.#signal = signal;
    this.#result = this.#recognize();
    // An utterance that was given up is not asked for its words.
    this.#result.catch(() => undefined);
  }

  push(samples: Int16Array): void {
    if (this.#finished || this.#signal.aborted) return;
    const own = samples.slice();
    this.#kept.push(own);
    this.#keptSamples += own.length;
    while (this.#keptSamples > KEPT_SAMPLES) this.#keptSamples -= this.#kept.shift()?.length ?? 0;
    this.#input?.({ samples: own });
  }

  finish(): Promise<string> {
    if (!this.#finished) {
      this.#finished = true;
      this.#input?.({ end: true });
    }
    return this.#result;
  }

  async #recognize(): Promise<string> {
    try {
      return await this.#attempt();
    } catch (error) {
      if (!(error instanceof EngineFailedError) || this.#signal.aborted) throw error;
      return await this.#attempt();
    } finally {
      this.#kept.length = 0;
    }
  }

  async #attempt(): Promise<string> {
    this.#input = undefined;
    const onStart = (input: (input: UtteranceInput) => void): void => {
      for (const samples of this.#kept) input({ samples });
      if (this.#finished) input({ end: true });
      else this.#input = input;
    };
    const onChunk = ({ words }: PartialWords): void => {
      if (words === this.#partial || this.#finished) return;
      this.#partial = words;
      this.#onPartial(words);
    };
    const options = { priority: Priority.waiting, onStart, onChunk };
    const { words, mean } = await this.#host.request({ mean: this.#caller.mean }, options, this.#signal);
    this.#caller.mean = mean ?? this.#caller.mean;
    return words;
  }
}

function missing(what: string): string {
  return (
    `PocketSphinx cannot be used (${what}): install it with ` +
    '"apt-get install libpocketsphinx3 pocketsphinx-en-us" or choose another recogniser in the configuration.'
  );
}
