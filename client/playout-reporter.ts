/** Sends a playout report once a second while the agent speaks, and one for the rest when it stops. */
import type { AgentState, PlayoutReport } from '../server/protocol.js';
import { playoutBetween, playoutTotals, type PlayoutTotals } from './playout-report.js';

const INTERVAL_MS = 1000;

export class PlayoutReporter {
  readonly #readStats: () => Promise<RTCStatsReport | undefined>;
  readonly #outputLatencyMs: () => number;
  readonly #send: (report: PlayoutReport) => void;
  #before: PlayoutTotals | undefined;
  #timer: number | undefined;

  constructor(
    readStats: () => Promise<RTCStatsReport | undefined>,
    outputLatencyMs: () => number,
    send: (report: PlayoutReport) => void,
  ) {
    this.#readStats = readStats;
    this.#outputLatencyMs = outputLatencyMs;
    this.#send = send;
  }

  agentIs(state: AgentState): void {
    const speaking = state === 'speaking';
    if (speaking === (this.#timer !== undefined)) return;
    if (speaking) {
      this.#before = undefined;
      this.#timer = window.setInterval(() => void this.#report(), INTERVAL_MS);
    } else {
      this.close();
    }
    void this.#report();
  }

  close(): void {
    window.clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #report(): Promise<void> {
    try {
      const stats = await this.#readStats();
      if (!stats) return;
      const now = playoutTotals(stats.values() as Iterable<Record<string, unknown>>);
      const report = this.#before && playoutBetween(this.#before, now, this.#outputLatencyMs());
      this.#before = now;
      if (report) this.#send(report);
    } catch (error) {
      console.debug('No playout statistics.', error);
    }
  }
}
