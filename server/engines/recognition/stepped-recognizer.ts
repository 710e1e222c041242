/**
 * A recogniser whose model is shared by all callers and works step by step: every step takes the new sound of one
 * utterance and gives its words. Final words go before partial ones.
 */
import type { EntryPoint } from '../../entry-point.js';
import type { EngineFailedError } from '../../errors.js';
import type { Logger } from '../../log.js';
import { EngineHost, type EngineLoad } from '../engine-host.js';
import { HEARING_RATE_HZ, type RecognizerHandle, type SpeechRecognizer } from '../engine-types.js';
import { SegmentedUtterance, type SegmentLimits } from './segmented-utterance.js';
import type { StepRequest, StepResult } from './serve-recognizer.js';
import { SteppedUtterance, type KnownSound, type StepHost } from './stepped-utterance.js';

export interface SteppedRecognizerOptions {
  name: string;
  /** A module that calls `serveRecognizer`. */
  entry: EntryPoint;
  /** For its `load`. */
  setup: unknown;
  /** New sound after which the words so far are asked for, ms. */
  partialEveryMs: number;
  /** Lengths of speech that the model takes. */
  segments: SegmentLimits;
  onCrash?: (error: EngineFailedError) => void;
  logger: Logger;
}

/** A run on a machine at its limit may take long; only a thread that does nothing at all is to be replaced. */
const SILENCE_LIMIT_MS = 30_000;
/** Steps come so much later when nobody wants partial words; without any, all would be left for the end. */
const STEPS_WITHOUT_PARTIALS = 4;
/** Soft noise that is long enough to go all the way through a model. */
const WARM_UP_SAMPLES = 2 * HEARING_RATE_HZ;
const WARM_UP_AMPLITUDE = 1000;

let lastCaller = 0;

export class SteppedRecognizer implements SpeechRecognizer {
  readonly name: string;
  readonly #host: EngineHost<StepRequest, never, never, StepResult>;
  readonly #options: SteppedRecognizerOptions;

  private constructor(
    host: EngineHost<StepRequest, never, never, StepResult>,
    options: SteppedRecognizerOptions,
  ) {
    this.name = options.name;
    this.#host = host;
    this.#options = options;
  }

  /** @throws ModelUnusableError in the words of the model's thread. */
  static async start(options: SteppedRecognizerOptions): Promise<SteppedRecognizer> {
    const { name, entry, setup, onCrash, logger } = options;
    const host = await EngineHost.start<StepRequest, never, never, StepResult>({
      name,
      // Native code: a thread that is inside of it cannot be ended.
      place: { kind: 'thread', entry, killable: false },
      setup,
      silenceLimitMs: SILENCE_LIMIT_MS,
      ...(onCrash && { onCrash }),
      logger,
    });
    return new SteppedRecognizer(host, options);
  }

  /** For metrics. */
  get load(): EngineLoad {
    return this.#host.load;
  }

  /** Takes noise through the whole of the model. */
  async warm(signal: AbortSignal): Promise<void> {
    const caller = this.open();
    try {
      const utterance = caller.begin(() => undefined, signal);
      utterance.push(
        Int16Array.from({ length: WARM_UP_SAMPLES }, () => WARM_UP_AMPLITUDE * (Math.random() - 0.5)),
      );
      await utterance.finish();
    } finally {
      await caller.close();
    }
  }

  open(): RecognizerHandle {
    const closed = new AbortController();
    const owner = `${this.name}-${++lastCaller}`;
    const steps: StepHost = {
      request: (step, priority, signal) => this.#host.request(step, { priority, owner }, signal),
    };
    let last: KnownSound | undefined;
    return {
      begin: (onPartial, signal) => {
        const both = AbortSignal.any([signal, closed.signal]);
        const before = last;
        last = undefined;
        const rarer = onPartial === undefined ? STEPS_WITHOUT_PARTIALS : 1;
        const options = { partialEveryMs: this.#options.partialEveryMs * rarer };
        let isFirst = true;
        const open = (onWords: (words: string) => void): SteppedUtterance => {
          const known = isFirst ? before : undefined;
          const utterance = new SteppedUtterance(steps, options, onWords, both, known);
          // Of a turn of several segments none is the beginning of the next turn.
          last = isFirst ? utterance.known : undefined;
          isFirst = false;
          return utterance;
        };
        return new SegmentedUtterance(open, this.#options.segments, onPartial ?? (() => undefined));
      },
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
