/** Flite as a speech synthesiser: small, quick, plain voices, in a thread of its own. https://github.com/festvox/flite */
import { entryPoint } from '../entry-point.js';
import { EngineFailedError } from '../errors.js';
import type { Logger } from '../log.js';
import { EngineHost, type EngineLoad } from './engine-host.js';
import { Priority, type SpeechChunk, type SpeechSynthesizer } from './engine-types.js';
import type { FliteRequest } from './flite-worker.js';
import type { RunnerContext } from './runners.js';

export interface FliteOptions {
  /** The default voice, one of {@link fliteVoices}. Default `slt`. */
  voice?: string;
  /** Clauses that may wait for the thread; more are refused. Default 64. */
  maxWaiting?: number;
  onCrash?: (error: EngineFailedError) => void;
  logger: Logger;
}

/** Our names of the voices and Flite's; `kal16` is `kal` at the 16 kHz of the others. */
const VOICES: Readonly<Record<string, string>> = { slt: 'slt', rms: 'rms', awb: 'awb', kal: 'kal16' };

/** slt: a woman; rms, kal: men; awb: a Scotsman. */
export const fliteVoices: readonly string[] = Object.keys(VOICES);

export class FliteSynthesizer implements SpeechSynthesizer {
  readonly name = 'flite';
  readonly sampleRateHz = 16_000;
  readonly voices: readonly string[];
  readonly #host: EngineHost<FliteRequest, never, SpeechChunk, void>;

  private constructor(host: EngineHost<FliteRequest, never, SpeechChunk, void>, voice: string) {
    this.#host = host;
    this.voices = [...fliteVoices].sort((a, b) => Number(b === voice) - Number(a === voice));
  }

  static async start({ voice = 'slt', ...options }: FliteOptions): Promise<FliteSynthesizer> {
    const host = await EngineHost.start<FliteRequest, never, SpeechChunk, void>({
      name: 'flite',
      // WebAssembly can be ended in the middle of a run, and its crash stays in its thread.
      place: { kind: 'thread', entry: entryPoint('./flite-worker', import.meta.url), killable: true },
      setup: undefined,
      ...options,
    });
    return new FliteSynthesizer(host, voice);
  }

  /** For metrics. */
  get load(): EngineLoad {
    return this.#host.load;
  }

  /** Speaks long enough for the code to have been optimised, with every kind of voice that there is. */
  async warm(signal: AbortSignal): Promise<void> {
    for (const voice of this.voices.slice(0, 1)) {
      for await (const chunk of this.synthesize({ text: WARM_UP, voice, priority: Priority.spare }, signal))
        void chunk;
    }
  }

  async *synthesize(
    { text, voice, priority }: { text: string; voice: string; priority: Priority },
    signal: AbortSignal,
  ): AsyncGenerator<SpeechChunk> {
    const fliteVoice = VOICES[voice];
    if (!fliteVoice)
      throw new EngineFailedError(`Flite has no voice "${voice}", only ${this.voices.join(', ')}.`);
    const chunks: SpeechChunk[] = [];
    // A clause is one chunk: Flite makes all of its sound in less time than the first word lasts.
    const options = { priority, onChunk: (chunk: SpeechChunk): unknown => chunks.push(chunk) };
    await this.#host.request({ text, voice: fliteVoice }, options, signal);
    for (const chunk of chunks) {
      signal.throwIfAborted();
      yield chunk;
    }
  }

  close(): Promise<void> {
    return this.#host.close();
  }
}

/** The runner of the catalogue's `flite`. */
export function runFlite({ config, log }: RunnerContext): Promise<FliteSynthesizer> {
  const { voice } = config.synthesizer;
  return FliteSynthesizer.start({ ...(voice === '' ? {} : { voice }), logger: log });
}

const WARM_UP = 'The quick brown fox jumps over the lazy dog, and the dog sleeps on.';
