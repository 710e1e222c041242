/** Requests in the order in which they are to be served: earliest deadline first, equal ones by arrival. Pure. */
import type { Priority } from './engine-types.js';

export interface Queued {
  readonly priority: Priority;
  /** When it arrived, ms on the monotonic clock. */
  readonly since: number;
  /** Whose it is, where an engine serves several requests at once; requests without an owner are everybody's own. */
  readonly owner: string | undefined;
}

export class RequestQueue<T extends Queued> {
  readonly #items: T[] = [];

  get length(): number {
    return this.#items.length;
  }

  /** How long the oldest one has waited at the time `now`, ms; 0 when none waits. */
  oldestMs(now: number): number {
    return this.#items.reduce((longest, { since }) => Math.max(longest, now - since), 0);
  }

  push(item: T): void {
    const behind = this.#items.findIndex((other) => deadline(other) > deadline(item));
    this.#items.splice(behind < 0 ? this.#items.length : behind, 0, item);
  }

  /**
   * Takes the next one.
   * @param mayRun whether an owner may have another request served now: one who has enough is passed over.
   */
  shift(mayRun: (owner: string) => boolean = () => true): T | undefined {
    const place = this.#items.findIndex(({ owner }) => owner === undefined || mayRun(owner));
    return place < 0 ? undefined : this.#items.splice(place, 1)[0];
  }

  /** @returns whether it was waiting. */
  remove(item: T): boolean {
    const place = this.#items.indexOf(item);
    if (place >= 0) this.#items.splice(place, 1);
    return place >= 0;
  }

  /** Takes all of them. */
  drain(): T[] {
    return this.#items.splice(0);
  }
}

function deadline({ since, priority }: Queued): number {
  return since + priority;
}
