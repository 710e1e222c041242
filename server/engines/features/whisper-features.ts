/** What Whisper and models built on its encoder hear: log-mel frames, scaled by the loudest (openai/whisper, audio.py). */
import { hannWindow, HOP_SAMPLES, MelSpectrogram } from './mel-spectrogram.js';

const FRAME_SAMPLES = 400;
const LEAST_POWER = 1e-10;
/** Nothing is softer than the loudest by more, tens of dB. */
const RANGE = 8;

export class WhisperFeatures {
  readonly #spectrogram: MelSpectrogram;

  /** @param bands 80, or 128 for large-v3 and its children. */
  constructor(bands: number) {
    const window = hannWindow(FRAME_SAMPLES, 'periodic');
    this.#spectrogram = new MelSpectrogram(bands, FRAME_SAMPLES, window, 'reflect');
  }

  /**
   * @param samples at 16 kHz, whole frames of 10 ms.
   * @returns `[bands, frames]`.
   */
  compute(samples: Float64Array): Float32Array {
    const { bands } = this.#spectrogram;
    const frames = samples.length / HOP_SAMPLES;
    const powers = this.#spectrogram.compute(samples, frames);
    const loudest = Math.log10(powers.reduce((most, power) => Math.max(most, power), LEAST_POWER));
    const features = new Float32Array(bands * frames);
    for (let frame = 0; frame < frames; frame++) {
      for (let band = 0; band < bands; band++) {
        const power = Math.max(powers[frame * bands + band] ?? 0, LEAST_POWER);
        features[band * frames + frame] = (Math.max(Math.log10(power), loudest - RANGE) + 4) / 4;
      }
    }
    return features;
  }
}
