/** After how much time the agent's voice comes back through the microphone, if it does: the delay at which both move alike. */
import { BANDS, FLOOR_DB } from './band-levels.js';
import type { LevelHistory } from './level-history.js';

/** Longest way there and back, frames of 10 ms: network, jitter buffers, loudspeaker. */
export const LONGEST_DELAY = 60;
/** What is left of the memory after each frame: two seconds of the agent's voice count. */
const memory = 0.995;

/** Sums over the frames so far, old ones fading, for one delay and band. */
interface Sums {
  x: number;
  xx: number;
  xy: number;
}

export class EchoCorrelation {
  readonly #sums: Sums[] = Array.from({ length: (LONGEST_DELAY + 1) * BANDS }, () => ({
    x: 0,
    xx: 0,
    xy: 0,
  }));
  readonly #y = new Float64Array(BANDS);
  readonly #yy = new Float64Array(BANDS);
  #weight = 0;

  /** Frames that count, old ones less. */
  get weight(): number {
    return this.#weight;
  }

  /** Takes the levels of the microphone at a time, with what was sent up to then. */
  take(index: number, heard: Float32Array, sent: LevelHistory): void {
    this.#weight = this.#weight * memory + 1;
    for (let band = 0; band < BANDS; band++) {
      const y = heard[band] ?? 0;
      this.#y[band] = (this.#y[band] ?? 0) * memory + y;
      this.#yy[band] = (this.#yy[band] ?? 0) * memory + y * y;
    }
    for (let delay = 0; delay <= LONGEST_DELAY; delay++) {
      const levels = sent.at(index - delay);
      for (let band = 0; band < BANDS; band++) {
        const sums = this.#sums[delay * BANDS + band];
        if (!sums) continue;
        const x = levels?.[band] ?? FLOOR_DB;
        sums.x = sums.x * memory + x;
        sums.xx = sums.xx * memory + x * x;
        sums.xy = sums.xy * memory + x * (heard[band] ?? 0);
      }
    }
  }

  /** The delay at which both are most alike, frames, and how much, -1 to 1. */
  best(): { delay: number; alike: number } {
    let best = { delay: 0, alike: 0 };
    const n = Math.max(1, this.#weight);
    let varianceY = 0;
    for (let band = 0; band < BANDS; band++)
      varianceY += (this.#yy[band] ?? 0) / n - ((this.#y[band] ?? 0) / n) ** 2;
    for (let delay = 0; delay <= LONGEST_DELAY; delay++) {
      let covariance = 0;
      let varianceX = 0;
      for (let band = 0; band < BANDS; band++) {
        const sums = this.#sums[delay * BANDS + band];
        if (!sums) continue;
        const mean = sums.x / n;
        covariance += sums.xy / n - (mean * (this.#y[band] ?? 0)) / n;
        varianceX += sums.xx / n - mean * mean;
      }
      const alike = covariance / Math.sqrt(Math.max(1, varianceX) * Math.max(1, varianceY));
      if (alike > best.alike) best = { delay, alike };
    }
    return best;
  }
}
