/** Changes the sampling rate of a voice to one that Opus codes. */

/** Zero crossings of the filter on either side. */
const CROSSINGS = 16;
/** Where it begins to fall, of half the lower rate. */
const PASSBAND = 0.94;

/**
 * Band-limited interpolation with a sinc under a Blackman window, of which the few phases that a ratio of two whole
 * numbers has are kept.
 */
export class Resampler {
  readonly #up: number;
  readonly #down: number;
  /** For every phase of an output sample between two input samples, the weights of the inputs around it. */
  readonly #phases: Float64Array[];
  readonly #reach: number;

  constructor(fromHz: number, toHz: number) {
    const common = greatestCommonDivisor(fromHz, toHz);
    this.#up = toHz / common;
    this.#down = fromHz / common;
    const cutoff = PASSBAND * Math.min(1, toHz / fromHz);
    this.#reach = Math.ceil(CROSSINGS / cutoff);
    this.#phases = Array.from({ length: this.#up }, (_, phase) =>
      weights(phase / this.#up, cutoff, this.#reach),
    );
  }

  /** @returns the whole of a sound at the new rate. */
  resample(samples: Float32Array): Float32Array {
    if (this.#up === this.#down) return samples;
    const result = new Float32Array(Math.round((samples.length * this.#up) / this.#down));
    for (let i = 0; i < result.length; i++) {
      const at = i * this.#down;
      const phase = this.#phases[at % this.#up] ?? new Float64Array(0);
      const first = Math.floor(at / this.#up) - this.#reach + 1;
      let sum = 0;
      for (let tap = 0; tap < phase.length; tap++) sum += (phase[tap] ?? 0) * (samples[first + tap] ?? 0);
      result[i] = sum;
    }
    return result;
  }
}

function weights(phase: number, cutoff: number, reach: number): Float64Array {
  const taps = Float64Array.from({ length: 2 * reach }, (_, tap) => {
    const x = tap - reach + 1 - phase;
    const sinc = x === 0 ? 1 : Math.sin(Math.PI * cutoff * x) / (Math.PI * cutoff * x);
    const turn = Math.PI * Math.min(1, Math.max(-1, x / reach));
    return sinc * (0.42 + 0.5 * Math.cos(turn) + 0.08 * Math.cos(2 * turn));
  });
  // Every phase lets a constant through as it is.
  const sum = taps.reduce((total, tap) => total + tap, 0);
  return taps.map((tap) => tap / sum);
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
