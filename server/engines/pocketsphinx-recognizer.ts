/**
 * PocketSphinx as a speech recogniser: a pool of decoders in a few processes, lent to a caller for the length of an
 * utterance. What is learnt of a caller's voice travels with the caller, not with the decoder.
 */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

import { entryPoint } from '../entry-point.js';
import { EngineFailedError, ModelUnusableError } from '../errors.js';
import type { Logger } from '../log.js';
import { projectRoot } from '../project-root.js';
import type { CepstralMean } from './cepstral-mean.js';
import { EngineHost, type EngineInput, type EngineLoad } from './engine-host.js';
import {
  HEARING_RATE_HZ,
  Priority,
  type RecognizerHandle,
  type SpeechRecognizer,
  type Utterance,
} from './engine-types.js';
import type { RunnerContext } from './runners.js';
import type {
  PartialWords,
  PocketSphinxInfo,
  PocketSphinxSetup,
  UtteranceInput,
  UtteranceRequest,
  UtteranceResult,
} from './pocketsphinx-process.js';
import { speakersAtOnce, workersFor } from './pool-size.js';

export interface PocketSphinxOptions {
  /** Callers who can be recognised at the same moment; further ones wait for each other. Default 2. */
  decoders?: number;
  /**
   * Most calls at once. Default 0. One process has the decoders, 140 MB and 50 MB for each but the first; more are added when
   * measurement says that so many callers need them.
   */
  callers?: number;
  /** Folder with the models as Debian's `pocketsphinx-en-us` lays them out. Default {@link DEBIAN_MODEL}. */
  model?: string;
  /** Language model of what callers say to an assistant, ARPA. Default {@link CALLER_PHRASES}. */
  callerPhrases?: string;
  /** Time without a sign of life after which a decoder is replaced, ms. Default 10 000. */
  silenceLimitMs?: number;
  onCrash?: (error: EngineFailedError) => void;
  logger: Logger;
}

export const DEBIAN_MODEL = '/usr/share/pocketsphinx/model/en-us';
/** The project's own, see models/pocket/README.md. */
export const CALLER_PHRASES = join(projectRoot(), 'models/pocket/callers.arpa');

const DECODER_SETTINGS = {
  // The second of three passes costs 100 ms at the end of an utterance and betters little; the last one pays.
  '-fwdflat': 'no',
  // Browsers take the noise out themselves; twice costs a fifth of the words that are understood wrong.
  '-remove_noise': 'no',
  // Weight of the language model in the last pass; 9.5 by default. People gain a tenth from more, clear voices lose nothing.
  '-bestpathlw': '12',
  // Densities that are looked at per frame (4 by default), and states that are followed (30,000): a third less work for the
  // same words. With 5,000 states half of the work is saved, and the words become worse.
  '-topn': '2',
  '-maxhmmpf': '8000',
};
/** Speech of an utterance that is kept to be recognised again, or for the first time once a decoder is free. */
const KEPT_SAMPLES = 30 * HEARING_RATE_HZ;
/** What a caller says must have been decoded so soon after, ms: then little is left to do when the caller pauses. */
const FOLLOW_MS = 300;
const WARM_UP_SAMPLES = 0.3 * HEARING_RATE_HZ;
const WARM_UP_AMPLITUDE = 1000;

type Host = EngineHost<UtteranceRequest, UtteranceInput, PartialWords, UtteranceResult>;

/** What is known of one caller. */
interface Caller {
  /** Name towards the decoders, which share their time out by callers. */
  readonly id: string;
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
    const { decoders = 2, silenceLimitMs = 10_000 } = options;
    const { model = DEBIAN_MODEL, callerPhrases = CALLER_PHRASES } = options;
    const { onCrash, logger } = options;
    if (!existsSync(model)) throw new ModelUnusableError(missing(`no model in ${model}`));
    const setup: PocketSphinxSetup = {
      settings: {
        acousticModel: join(model, 'en-us'),
        languageModel: join(model, 'en-us.lm.bin'),
        callerPhrases,
        dictionary: join(model, 'cmudict-en-us.dict'),
        decoder: DECODER_SETTINGS,
      },
      decoders,
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
        workersNeeded: (info) =>
          workersFor(options.callers ?? 0, (info as PocketSphinxInfo).realTimeFactor, availableParallelism()),
        runsPerWorker: decoders,
        silenceLimitMs,
        ...(onCrash && { onCrash }),
        logger,
      });
      const all = host.workers * decoders;
      const { realTimeFactor } = host.info as PocketSphinxInfo;
      logger.info({ processes: host.workers, decoders: all, realTimeFactor }, 'recognition is up');
      return new PocketSphinxRecognizer(host, all);
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
    const one = async (): Promise<void> => {
      const caller = this.open();
      try {
        const utterance = caller.begin(() => undefined, signal);
        utterance.push(noise);
        await utterance.finish();
      } finally {
        await caller.close();
      }
    };
    await Promise.all(Array.from({ length: this.#decoders }, one));
  }

  open(): RecognizerHandle {
    const caller: Caller = { id: randomUUID(), mean: undefined };
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
export function runPocketSphinx({ model, config, log }: RunnerContext): Promise<PocketSphinxRecognizer> {
  const { decoders } = config.recognizer;
  const callers = config.calls.max;
  return PocketSphinxRecognizer.start({
    callerPhrases: model.path('callers.arpa'),
    decoders: decoders === 'auto' ? speakersAtOnce(callers) : decoders,
    callers,
    // A machine at its limit is slow; only a decoder that does nothing at all is to be replaced.
    silenceLimitMs: 15_000,
    logger: log,
  });
}

class PocketSphinxUtterance implements Utterance {
  readonly #host: Host;
  readonly #caller: Caller;
  readonly #onPartial: ((words: string) => void) | undefined;
  readonly #signal: AbortSignal;
  readonly #kept: Int16Array[] = [];
  #keptSamples = 0;
  #finished = false;
  #partial = '';
  #input: EngineInput<UtteranceInput> | undefined;
  readonly #result: Promise<string>;

  constructor(
    host: Host,
    caller: Caller,
    onPartial: ((words: string) => void) | undefined,
    signal: AbortSignal,
  ) {
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
    this.#input?.({ samples: own }, FOLLOW_MS);
  }

  finish(): Promise<string> {
    if (!this.#finished) {
      this.#finished = true;
      this.#input?.({ end: true }, Priority.waiting);
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
    const onStart = (input: EngineInput<UtteranceInput>): void => {
      for (const samples of this.#kept) input({ samples }, FOLLOW_MS);
      if (this.#finished) input({ end: true }, Priority.waiting);
      else this.#input = input;
    };
    const onChunk = ({ words }: PartialWords): void => {
      if (words === this.#partial || this.#finished) return;
      this.#partial = words;
      this.#onPartial?.(words);
    };
    const request = { mean: this.#caller.mean, partials: this.#onPartial !== undefined };
    const options = { priority: Priority.waiting, owner: this.#caller.id, onStart, onChunk };
    const { words, mean } = await this.#host.request(request, options, this.#signal);
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
