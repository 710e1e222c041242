/** Spares callers the wait for somebody who is down: after some failures in a row nothing is tried for a while. Pure. */

export interface CircuitBreakerOptions {
  /** Failures in a row after which it opens. Default 5. */
  failures?: number;
  /** How long nothing is tried then, ms. Default 5000. */
  restMs?: number;
}

export class CircuitBreaker {
  readonly #limit: number;
  readonly #restMs: number;
  #failures = 0;
  #openUntil = -Infinity;
  /** Somebody is finding out whether it works again. */
  #trying = false;

  constructor({ failures = 5, restMs = 5000 }: CircuitBreakerOptions = {}) {
    this.#limit = failures;
    this.#restMs = restMs;
  }

  /**
   * Whether to try now; after the rest one may, and the others wait for how that ends.
   * @param now ms on any monotonic clock.
   * @returns 0, or how long to wait before asking again, ms.
   */
  ask(now: number): number {
    if (this.#failures < this.#limit) return 0;
    if (now < this.#openUntil) return this.#openUntil - now;
    if (this.#trying) return this.#restMs;
    this.#trying = true;
    return 0;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#trying = false;
  }

  failed(now: number): void {
    this.#failures++;
    this.#trying = false;
    if (this.#failures >= this.#limit) this.#openUntil = now + this.#restMs;
  }

  /** It ended without telling anything, because nobody wanted it any more. */
  abandoned(): void {
    this.#trying = false;
  }
}
