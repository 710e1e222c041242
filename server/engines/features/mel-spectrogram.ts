/** Powers of speech over time and mel bands. */
import { HEARING_RATE_HZ } from '../engine-types.js';
import { RealFourier } from './fourier.js';
import { melFilters, type MelFilter } from './mel-filters.js';

/** 10 ms at 16 kHz, in all of the models here. */
export const HOP_SAMPLES = 160;

export class MelSpectrogram {
  readonly bands: number;
  readonly #fourier: RealFourier;
  readonly #filters: readonly MelFilter[];
  readonly #window: Float64Array;
  readonly #padding: 'reflect' | 'zeros';
  readonly #frame: Float64Array;
  readonly #powers: Float64Array;

  /**
   * @param window as long as a frame; shorter ones are put into the middle of it.
   * @param padding what is before the first and after the last sample: the frames are centred on the multiples of the hop.
   */
  constructor(bands: number, fftSize: number, window: Float64Array, padding: 'reflect' | 'zeros') {
    this.bands = bands;
    this.#fourier = new RealFourier(fftSize);
    this.#filters = melFilters(bands, fftSize, HEARING_RATE_HZ);
    this.#window = new Float64Array(fftSize);
    this.#window.set(window, Math.floor((fftSize - window.length) / 2));
    this.#padding = padding;
    this.#frame = new Float64Array(fftSize);
    this.#powers = new Float64Array(fftSize / 2 + 1);
  }

  /**
   * @param samples at 16 kHz.
   * @param frames how many, the first centred on the first sample; none further than the last sample.
   * @returns `[frames, bands]`.
   */
  compute(samples: Float64Array, frames: number): Float64Array {
    const result = new Float64Array(frames * this.bands);
    for (let frame = 0; frame < frames; frame++) {
      const isSilent = this.#cut(samples, frame * HOP_SAMPLES - this.#frame.length / 2);
      if (!isSilent) this.#bandsOf(result.subarray(frame * this.bands, (frame + 1) * this.bands));
    }
    return result;
  }

  /** @returns whether there is nothing in the frame. */
  #cut(samples: Float64Array, start: number): boolean {
    const last = samples.length - 1;
    let any = false;
    for (let i = 0; i < this.#frame.length; i++) {
      let at = start + i;
      if (this.#padding === 'reflect') at = at < 0 ? -at : at > last ? 2 * last - at : at;
      const sample = samples[at] ?? 0;
      any ||= sample !== 0;
      this.#frame[i] = sample * (this.#window[i] ?? 0);
    }
    return !any;
  }

  #bandsOf(target: Float64Array): void {
    this.#fourier.powers(this.#frame, this.#powers);
    for (const [band, { from, weights }] of this.#filters.entries()) {
      let sum = 0;
      for (let bin = 0; bin < weights.length; bin++)
        sum += (weights[bin] ?? 0) * (this.#powers[from + bin] ?? 0);
      target[band] = sum;
    }
  }
}

/** Raised cosine over `length` samples; periodic: as if followed by its first sample, else as if by its last. */
export function hannWindow(length: number, kind: 'periodic' | 'symmetric'): Float64Array {
  const period = kind === 'periodic' ? length : length - 1;
  return Float64Array.from({ length }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / period));
}
