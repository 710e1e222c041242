/**
 * Who is let in: so many callers at once and no more, none while those inside are served badly, and where that is
 * configured a waiting line with a bound.
 */
import { ServerFullError } from '../errors.js';
import type { WaitingUpdate } from '../protocol.js';

export interface AdmissionOptions {
  /** Callers at once. */
  places: number;
  /** Callers who may wait for a place. */
  waitingPlaces: number;
  /** Why nobody is to be let in at this moment although there are places, in a sentence; `undefined` when all is well. */
  closedBecause(): string | undefined;
}

interface Waiting {
  enter(): void;
  onMoved(position: WaitingUpdate): void;
}

/** Assumed length of a call before any has ended, and weight of the latest one in the mean. */
const FIRST_GUESS_MS = 60_000;
const LATEST_WEIGHT = 0.1;
/** Bounds of what a caller is told, seconds. */
const SHORTEST_WAIT = 1;
const LONGEST_WAIT = 300;
/** How often those who wait look whether they may come in and are told where they stand. */
const LOOK_EVERY_MS = 1000;

export class Admission {
  readonly #options: AdmissionOptions;
  readonly #waiting: Waiting[] = [];
  #taken = 0;
  #meanCallMs = FIRST_GUESS_MS;
  #looking: NodeJS.Timeout | undefined;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /** Places taken. */
  get taken(): number {
    return this.#taken;
  }

  /** Callers in the waiting line. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * Takes a place, at once when there is one: between the look and the taking nobody else can come.
   * @param onMoved told where the caller stands in the waiting line, whenever that changes.
   * @param signal aborts when the caller does not want to wait any longer.
   * @returns gives the place back; idempotent.
   * @throws ServerFullError when there is neither a place nor one to wait in.
   */
  async enter(onMoved: (position: WaitingUpdate) => void, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#waiting.length > 0 || !this.#open) await this.#wait(onMoved, signal);
    else this.#taken++;
    const sinceMs = performance.now();
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#taken--;
      this.#meanCallMs += LATEST_WEIGHT * (performance.now() - sinceMs - this.#meanCallMs);
      this.#letIn();
    };
  }

  get #open(): boolean {
    return this.#taken < this.#options.places && this.#options.closedBecause() === undefined;
  }

  #wait(onMoved: (position: WaitingUpdate) => void, signal: AbortSignal): Promise<void> {
    if (this.#waiting.length >= this.#options.waitingPlaces) throw this.#full();
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        onMoved,
        enter: () => {
          signal.removeEventListener('abort', giveUp);
          resolve();
        },
      };
      const giveUp = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        this.#tell();
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', giveUp, { once: true });
      this.#waiting.push(waiting);
      onMoved(this.#positionOf(waiting));
      this.#looking ??= setInterval(() => this.#letIn(), LOOK_EVERY_MS);
    });
  }

  #letIn(): void {
    while (this.#open) {
      const next = this.#waiting.shift();
      if (next === undefined) break;
      this.#taken++;
      next.enter();
    }
    this.#tell();
  }

  #tell(): void {
    for (const waiting of this.#waiting) waiting.onMoved(this.#positionOf(waiting));
    if (this.#waiting.length > 0) return;
    clearInterval(this.#looking);
    this.#looking = undefined;
  }

  #positionOf(waiting: Waiting): WaitingUpdate {
    const position = this.#waiting.indexOf(waiting) + 1;
    return { position, expectedWaitSeconds: this.#expectedWait(position) };
  }

  /** Places become free one after the other, as often as calls end. */
  #expectedWait(position: number): number {
    const seconds = (position * this.#meanCallMs) / this.#options.places / 1000;
    return Math.round(Math.min(LONGEST_WAIT, Math.max(SHORTEST_WAIT, seconds)));
  }

  #full(): ServerFullError {
    const { places } = this.#options;
    const why = this.#taken < places ? this.#options.closedBecause() : undefined;
    return new ServerFullError(
      `${why ?? `All ${places} places are taken.`} Please try again shortly.`,
      this.#expectedWait(this.#waiting.length + 1),
    );
  }
}
