/** Flite as a speech synthesiser: small, quick, plain voices, in threads of its own. https://github.com/festvox/flite */
import { availableParallelism } from 'node:os';

import { entryPoint } from '../entry-point.js';
import { EngineFailedError } from '../errors.js';
import type { Logger } from '../log.js';
import { EngineHost, type EngineLoad } from './engine-host.js';
import { Priority, type SpeechChunk, type SpeechSynthesizer } from './engine-types.js';
import { loadFliteImage } from './flite-program.js';
import type { FliteInfo, FliteRequest } from './flite-worker.js';
import { workersFor } from './pool-size.js';
import type { RunnerContext } from './runners.js';

export interface FliteOptions {
  /** The default voice, one of {@link fliteVoices}. Default `slt`. */
  voice?: string;
  /** Clauses that are spoken at the same time. Default 1. */
  threads?: number;
  /** Most calls at once: threads are added when measurement says that so many callers need them. */
  callers?: number;
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

  static async start({
    voice = 'slt',
    threads = 1,
    callers = 0,
    ...options
  }: FliteOptions): Promise<FliteSynthesizer> {
    const host = await EngineHost.start<FliteRequest, never, SpeechChunk, void>({
      name: 'flite',
      // WebAssembly can be ended in the middle of a run, and its crash stays in its thread.
      place: { kind: 'thread', entry: entryPoint('./flite-worker', import.meta.url), killable: true },
      setup: await loadFliteImage(),
      workers: threads,
      workersNeeded: (info) =>
        workersFor(callers, (info as FliteInfo).realTimeFactor, availableParallelism()),
      ...options,
    });
    options.logger.info({ threads: host.workers, ...(host.info as FliteInfo) }, 'synthesis is up');
    return new FliteSynthesizer(host, voice);
  }

  /** For metrics. */
  get load(): EngineLoad {
    return this.#host.load;
  }

  /** Speaks once. Every thread has spoken when it is up. */
  async warm(signal: AbortSignal): Promise<void> {
    const request = { text: 'Ready.', voice: this.voices[0] ?? '', priority: Priority.spare };
    for await (const chunk of this.synthesize(request, signal)) void chunk;
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
  const { voice, threads } = config.synthesizer;
  const pool =
    threads === 'auto'
      ? { threads: Math.min(availableParallelism(), FEWEST_THREADS), callers: config.calls.max }
      : { threads };
  return FliteSynthesizer.start({ ...pool, ...(voice === '' ? {} : { voice }), logger: log });
}

/** Two where there are cores for them: nobody's first clause has to wait for the end of somebody's long one. */
const FEWEST_THREADS = 2;
