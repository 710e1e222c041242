/** Token buckets: so many a second for ever, and so many at once after a pause. */

export interface Rate {
  perSecond: number;
  /** At once after a pause. */
  burst: number;
}

export class TokenBucket {
  readonly #rate: Rate;
  #tokens: number;
  #filledAtMs: number;

  constructor(rate: Rate, nowMs: number) {
    this.#rate = rate;
    this.#tokens = rate.burst;
    this.#filledAtMs = nowMs;
  }

  /** Takes tokens; when there are too few none are taken and the answer is false. */
  take(nowMs: number, count = 1): boolean {
    this.#fill(nowMs);
    if (this.#tokens < count) return false;
    this.#tokens -= count;
    return true;
  }

  /** Takes tokens away, however few there are: what is missing is a debt, of one burst at most. */
  drain(nowMs: number, count: number): void {
    this.#fill(nowMs);
    this.#tokens = Math.max(-this.#rate.burst, this.#tokens - count);
  }

  /** Whether it holds no memory of what was taken. */
  full(nowMs: number): boolean {
    this.#fill(nowMs);
    return this.#tokens === this.#rate.burst;
  }

  #fill(nowMs: number): void {
    const { perSecond, burst } = this.#rate;
    const passedMs = Math.max(0, nowMs - this.#filledAtMs);
    this.#tokens = Math.min(burst, this.#tokens + (passedMs / 1000) * perSecond);
    this.#filledAtMs = nowMs;
  }
}

/** More keys than this are not told apart from new ones: the full and the eldest are forgotten. */
const MAX_KEYS = 10_000;

/** A bucket per key; those that are full again take no memory. */
export class TokenBuckets {
  readonly #rate: Rate;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(rate: Rate) {
    this.#rate = rate;
  }

  /** Buckets that are not full, about. */
  get size(): number {
    return this.#buckets.size;
  }

  take(key: string, nowMs: number): boolean {
    return this.#of(key, nowMs).take(nowMs);
  }

  drain(key: string, nowMs: number, count: number): void {
    this.#of(key, nowMs).drain(nowMs, count);
  }

  #of(key: string, nowMs: number): TokenBucket {
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      if (this.#buckets.size >= MAX_KEYS) this.#forget(nowMs);
      bucket = new TokenBucket(this.#rate, nowMs);
      this.#buckets.set(key, bucket);
    }
    return bucket;
  }

  /** Drops the full ones and the eldest: a tenth at least, so that it is seldom done. */
  #forget(nowMs: number): void {
    for (const [key, bucket] of this.#buckets) if (bucket.full(nowMs)) this.#buckets.delete(key);
    for (const key of this.#buckets.keys()) {
      if (this.#buckets.size <= 0.9 * MAX_KEYS) break;
      this.#buckets.delete(key);
    }
  }
}
