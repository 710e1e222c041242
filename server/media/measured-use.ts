/** How busy a worker or thread is: what was measured, and what came and went since. */

/** Assumed share of a core for one call before anything was measured. */
const FIRST_GUESS = 0.01;

export class MeasuredUse {
  #share = 0;
  #callsThen = 0;

  /** @param share of a core that was used lately, 0 to 1, by so many calls. */
  measured(share: number, calls: number): void {
    this.#share = share;
    this.#callsThen = calls;
  }

  /** Share of a core that it uses with so many calls. A measurement is seconds old; calls may come all at once. */
  expected(calls: number): number {
    const each = this.#callsThen > 0 ? this.#share / this.#callsThen : FIRST_GUESS;
    return this.#share + (calls - this.#callsThen) * Math.max(each, FIRST_GUESS);
  }
}

/** The least used of several; of equally used ones the one with the fewest calls. */
export function leastUsed<T>(
  all: readonly T[],
  use: (one: T) => { calls: number; use: MeasuredUse },
): T | undefined {
  const ranked = all.map((one) => {
    const { calls, use: measured } = use(one);
    return { one, calls, expected: measured.expected(calls) };
  });
  ranked.sort((a, b) => a.expected - b.expected || a.calls - b.calls);
  return ranked[0]?.one;
}
