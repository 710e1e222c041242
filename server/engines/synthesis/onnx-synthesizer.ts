/** A synthesiser whose model is shared by all callers, in a thread of its own; sound is handed on as it is made. */
import type { EntryPoint } from '../../entry-point.js';
import { EngineFailedError } from '../../errors.js';
import type { Logger } from '../../log.js';
import { EngineHost, type EngineLoad } from '../engine-host.js';
import { Priority, type SpeakingRateHz, type SpeechChunk, type SpeechSynthesizer } from '../engine-types.js';
import { unlessAborted } from '../turnstile.js';
import type { SpeakRequest, VoiceInfo } from './serve-synthesizer.js';

export interface OnnxSynthesizerOptions {
  name: string;
  /** A module that calls `serveSynthesizer`. */
  entry: EntryPoint;
  /** For its `load`. */
  setup: unknown;
  /** The default voice; the model's own when not given. */
  voice?: string | undefined;
  onCrash?: (error: EngineFailedError) => void;
  logger: Logger;
}

/** A run on a machine at its limit may take long; only a thread that does nothing at all is to be replaced. */
const SILENCE_LIMIT_MS = 30_000;
/** Clauses of usual lengths: what the model has to set up for each of them, callers do not wait for. */
const WARM_UP = [
  'Yes.',
  'Well, let me see.',
  'The quick brown fox jumps over the lazy dog, and the dog sleeps on.',
];

type Host = EngineHost<SpeakRequest, never, SpeechChunk, void>;

export class OnnxSynthesizer implements SpeechSynthesizer {
  readonly name: string;
  readonly sampleRateHz: SpeakingRateHz;
  readonly voices: readonly string[];
  readonly #host: Host;

  private constructor(host: Host, name: string, voice: string | undefined) {
    const { sampleRateHz, voices } = host.info as VoiceInfo;
    this.#host = host;
    this.name = name;
    this.sampleRateHz = sampleRateHz;
    this.voices = [...voices].sort((a, b) => Number(b === voice) - Number(a === voice));
  }

  /** @throws ModelUnusableError in the words of the model's thread. */
  static async start({ name, entry, voice, ...options }: OnnxSynthesizerOptions): Promise<OnnxSynthesizer> {
    const host: Host = await EngineHost.start({
      name,
      // Native code: a thread that is inside of it cannot be ended.
      place: { kind: 'thread', entry, killable: false },
      silenceLimitMs: SILENCE_LIMIT_MS,
      ...options,
    });
    return new OnnxSynthesizer(host, name, voice);
  }

  /** For metrics. */
  get load(): EngineLoad {
    return this.#host.load;
  }

  async warm(signal: AbortSignal): Promise<void> {
    const [voice = ''] = this.voices;
    for (const text of WARM_UP) {
      for await (const chunk of this.synthesize({ text, voice, priority: Priority.spare }, signal))
        void chunk;
    }
  }

  async *synthesize(
    { text, voice, priority }: { text: string; voice: string; priority: Priority },
    signal: AbortSignal,
  ): AsyncGenerator<SpeechChunk> {
    if (!this.voices.includes(voice))
      throw new EngineFailedError(`${this.name} has no voice "${voice}", only ${this.voices.join(', ')}.`);
    const gone = new AbortController();
    const chunks: SpeechChunk[] = [];
    let wake = (): void => undefined;
    let outcome: { error?: unknown } | undefined;
    const settle = (result: { error?: unknown }): void => {
      outcome = result;
      wake();
    };
    const onChunk = (chunk: SpeechChunk): void => {
      chunks.push(chunk);
      wake();
    };
    this.#host.request({ text, voice }, { priority, onChunk }, AbortSignal.any([signal, gone.signal])).then(
      () => settle({}),
      (error: unknown) => settle({ error }),
    );
    try {
      for (;;) {
        signal.throwIfAborted();
        const chunk = chunks.shift();
        if (chunk) yield chunk;
        else if (outcome === undefined)
          await unlessAborted(new Promise<void>((resolve) => (wake = resolve)), signal);
        else if ('error' in outcome) throw outcome.error;
        else return;
      }
    } finally {
      // A listener who leaves early wants no more of it.
      gone.abort();
    }
  }

  close(): Promise<void> {
    return this.#host.close();
  }
}
