/** Requests in the order in which they are to be served: lowest priority number first, equal ones by arrival. Pure. */
import type { Priority } from './engine-types.js';

export interface Queued {
  readonly priority: Priority;
  /** When it arrived, ms on the monotonic clock. */
  readonly since: number;
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
    const behind = this.#items.findIndex((other) => other.priority > item.priority);
    this.#items.splice(behind < 0 ? this.#items.length : behind, 0, item);
  }

  shift(): T | undefined {
    return this.#items.shift();
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
