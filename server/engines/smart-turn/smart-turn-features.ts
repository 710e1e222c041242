/** What Smart Turn hears: the last eight seconds, made even in loudness, as Whisper's encoder hears them. */
import { HEARING_RATE_HZ } from '../engine-types.js';
import { WhisperFeatures } from '../features/whisper-features.js';

/** Speech that it looks at; what is shorter has silence before it. */
export const SMART_TURN_SAMPLES = 8 * HEARING_RATE_HZ;
export const SMART_TURN_SHAPE = [1, 80, 800] as const;

const ADDED_VARIANCE = 1e-7;

export class SmartTurnFeatures {
  readonly #whisper = new WhisperFeatures(SMART_TURN_SHAPE[1]);

  /**
   * @param speech at 16 kHz; only its end counts.
   * @returns numbers of {@link SMART_TURN_SHAPE}.
   */
  compute(speech: Int16Array): Float32Array {
    const heard = speech.subarray(Math.max(0, speech.length - SMART_TURN_SAMPLES));
    const samples = new Float64Array(SMART_TURN_SAMPLES);
    const start = SMART_TURN_SAMPLES - heard.length;
    for (const [i, sample] of heard.entries()) samples[start + i] = sample / 32_768;
    const mean = samples.reduce((sum, sample) => sum + sample, 0) / samples.length;
    const variance = samples.reduce((sum, sample) => sum + (sample - mean) ** 2, 0) / samples.length;
    const deviation = Math.sqrt(variance + ADDED_VARIANCE);
    return this.#whisper.compute(samples.map((sample) => (sample - mean) / deviation));
  }
}
