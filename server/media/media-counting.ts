/** What one media thread counts: packets, frames, and how late things happen. */
import type { MediaCounters } from './media-types.js';

/** The counters that only ever go up. */
export type MediaCounts = Pick<
  MediaCounters,
  'packetsReceived' | 'packetsSent' | 'dropped' | 'framesConcealed' | 'decodeErrors' | 'framesSkipped'
>;

export function newMediaCounts(): MediaCounts {
  return {
    packetsReceived: 0,
    packetsSent: 0,
    dropped: {
      source: 0,
      ssrc: 0,
      payloadType: 0,
      malformed: 0,
      duplicate: 0,
      late: 0,
      overflow: 0,
    },
    framesConcealed: 0,
    decodeErrors: 0,
    framesSkipped: 0,
  };
}

const BIN_MS = 0.05;
const BINS = 4_000;

/** Percentiles of durations up to 200 ms, to 0.05 ms, in constant memory. */
export class LatenessHistogram {
  readonly #bins = new Uint32Array(BINS);
  #count = 0;
  #max = 0;

  get count(): number {
    return this.#count;
  }

  record(ms: number): void {
    const bin = Math.min(BINS - 1, Math.max(0, Math.floor(ms / BIN_MS)));
    this.#bins[bin] = (this.#bins[bin] ?? 0) + 1;
    this.#count++;
    this.#max = Math.max(this.#max, ms);
  }

  /** @param share 0 to 1. */
  percentile(share: number): number {
    let left = Math.ceil(this.#count * share);
    for (let bin = 0; bin < BINS && left > 0; bin++) {
      left -= this.#bins[bin] ?? 0;
      if (left <= 0) return Math.min(this.#max, (bin + 1) * BIN_MS);
    }
    return this.#max;
  }

  /** Percentiles of what was recorded since the last call; starts again from nothing. */
  report(): { p50: number; p99: number; max: number } {
    const result = { p50: this.percentile(0.5), p99: this.percentile(0.99), max: this.#max };
    this.#bins.fill(0);
    this.#count = 0;
    this.#max = 0;
    return result;
  }
}
