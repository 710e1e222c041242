/** Sound as loudness in a few bands of pitch, every 10 ms: what stays of a voice on its way through a room. */

/** Middles of the bands, Hz: within what every voice here has, a telephone's included. */
const bandsHz = [300, 600, 1000, 1600, 2300, 3200] as const;
export const BANDS = bandsHz.length;
export const BAND_FRAME_MS = 10;
/** Softer than this is silence, dB over one step of 16 bits. */
export const FLOOR_DB = 20;
/** Width of a band: middle through width. */
const quality = 2;

/** A band-pass filter of second order (Bristow-Johnson, "Audio EQ cookbook", constant peak gain), and its output so far. */
interface Band {
  b0: number;
  a1: number;
  a2: number;
  x1: number;
  x2: number;
  y1: number;
  y2: number;
  energy: number;
}

export class BandLevels {
  readonly #bands: Band[];
  readonly #frameSamples: number;
  #filled = 0;

  /** @param rateHz at least 8,000. */
  constructor(rateHz: number) {
    this.#frameSamples = (rateHz * BAND_FRAME_MS) / 1_000;
    this.#bands = bandsHz.map((hz) => {
      const angle = (2 * Math.PI * hz) / rateHz;
      const alpha = Math.sin(angle) / (2 * quality);
      const a0 = 1 + alpha;
      const start = { x1: 0, x2: 0, y1: 0, y2: 0, energy: 0 };
      return { b0: alpha / a0, a1: (-2 * Math.cos(angle)) / a0, a2: (1 - alpha) / a0, ...start };
    });
  }

  /** Takes sound of any length; gives the level of each band, dB, for every 10 ms that are complete. */
  *take(samples: Int16Array): Generator<Float32Array> {
    for (const sample of samples) {
      for (const band of this.#bands) {
        const y = band.b0 * (sample - band.x2) - band.a1 * band.y1 - band.a2 * band.y2;
        band.x2 = band.x1;
        band.x1 = sample;
        band.y2 = band.y1;
        band.y1 = y;
        band.energy += y * y;
      }
      if (++this.#filled < this.#frameSamples) continue;
      this.#filled = 0;
      yield Float32Array.from(this.#bands, (band) => {
        const level = 10 * Math.log10(band.energy / this.#frameSamples + 1);
        band.energy = 0;
        return Math.max(FLOOR_DB, level);
      });
    }
  }
}
