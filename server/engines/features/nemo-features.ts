/**
 * What NVIDIA's NeMo models hear: log-mel frames, every band brought to mean 0 and deviation 1 over the utterance
 * (NeMo, parts/preprocessing/features.py).
 */
import { hannWindow, HOP_SAMPLES, MelSpectrogram } from './mel-spectrogram.js';

const FFT_SIZE = 512;
const WINDOW_SAMPLES = 400;
const PREEMPHASIS = 0.97;
const ADDED_POWER = 2 ** -24;
const ADDED_DEVIATION = 1e-5;

export class NemoFeatures {
  readonly #spectrogram: MelSpectrogram;

  constructor(bands: number) {
    this.#spectrogram = new MelSpectrogram(bands, FFT_SIZE, hannWindow(WINDOW_SAMPLES, 'symmetric'), 'zeros');
  }

  /**
   * @param samples at 16 kHz.
   * @param paddedFrames frames to be returned; those after the speech are zeros.
   * @returns `[bands, paddedFrames]`, and how many of the frames are speech.
   */
  compute(samples: Float32Array, paddedFrames = 0): { features: Float32Array; frames: number; all: number } {
    const { bands } = this.#spectrogram;
    const sharpened = Float64Array.from(
      samples,
      (sample, i) => sample - (i === 0 ? 0 : PREEMPHASIS * (samples[i - 1] ?? 0)),
    );
    const frames = Math.floor(samples.length / HOP_SAMPLES);
    const all = Math.max(frames, paddedFrames);
    const logs = this.#spectrogram.compute(sharpened, frames).map((power) => Math.log(power + ADDED_POWER));
    const features = new Float32Array(bands * all);
    for (let band = 0; band < bands; band++) {
      const of = (frame: number): number => logs[frame * bands + band] ?? 0;
      let mean = 0;
      for (let frame = 0; frame < frames; frame++) mean += of(frame) / frames;
      let squares = 0;
      for (let frame = 0; frame < frames; frame++) squares += (of(frame) - mean) ** 2;
      const deviation = Math.sqrt(squares / Math.max(1, frames - 1)) + ADDED_DEVIATION;
      for (let frame = 0; frame < frames; frame++) {
        features[band * all + frame] = (of(frame) - mean) / deviation;
      }
    }
    return { features, frames, all };
  }
}
