/** Who was turned away and why: every one counted, and of the same kind from the same address one logged a minute. */
import type { RefusalReason } from '../errors.js';
import type { Logger } from '../log.js';
import type { Metrics } from './metrics.js';

const QUIET_MS = 60_000;
/** Kinds and addresses that are remembered; whoever comes from more addresses is logged more often. */
const MAX_REMEMBERED = 1000;

export class Refusals {
  readonly #metrics: Pick<Metrics, 'refused'>;
  readonly #log: Logger;
  /** When the next one is logged, and how many were not, by reason and address. */
  readonly #quiet = new Map<string, { untilMs: number; untold: number }>();

  constructor(metrics: Pick<Metrics, 'refused'>, log: Logger) {
    this.#metrics = metrics;
    this.#log = log;
  }

  /** @param address whom limits count it to; @param message what whoever was turned away is told. */
  add(reason: RefusalReason, address: string, message: string): void {
    this.#metrics.refused(reason);
    const key = `${reason} ${address}`;
    const now = Date.now();
    const quiet = this.#quiet.get(key);
    if (quiet !== undefined && now < quiet.untilMs) {
      quiet.untold++;
      return;
    }
    this.#quiet.delete(key);
    if (this.#quiet.size >= MAX_REMEMBERED) {
      const [oldest] = this.#quiet.keys();
      if (oldest !== undefined) this.#quiet.delete(oldest);
    }
    this.#quiet.set(key, { untilMs: now + QUIET_MS, untold: 0 });
    this.#log.warn(
      { reason, address, ...(quiet?.untold ? { unlogged: quiet.untold } : {}) },
      `turned away: ${message}`,
    );
  }
}
