/**
 * Where the time of one answer went. One clock (monotonic ms) and one definition: voice-to-voice runs from the arrival
 * of the caller's last voiced sample to the departure of the first audible packet; the parts between add up to it.
 */
import type { TurnLatency } from '../protocol.js';

/** The moments of one turn in the order in which they happen. */
export const turnMarks = [
  'lastVoiced',
  'endpoint',
  'recognised',
  'firstToken',
  'firstClause',
  'firstAudio',
  'firstPacket',
] as const;
export type TurnMark = (typeof turnMarks)[number];

export class TurnMarks {
  readonly #at = new Map<TurnMark, number>();

  /** Notes a moment, monotonic ms. The first note of each counts. */
  set(mark: TurnMark, atMs: number): void {
    if (!this.#at.has(mark)) this.#at.set(mark, atMs);
  }

  /** The breakdown, or `undefined` when a moment never came (nothing was answered, or it was stopped before). */
  latency(turnId: number): TurnLatency | undefined {
    const times = turnMarks.map((mark) => this.#at.get(mark));
    // What was ready before the moment that it had to wait for cost nothing: time never runs backwards.
    const ordered: number[] = [];
    for (const time of times) {
      if (time === undefined) return undefined;
      ordered.push(Math.max(time, ordered.at(-1) ?? time));
    }
    const span = (from: number, to: number) => (ordered[to] ?? 0) - (ordered[from] ?? 0);
    return {
      turnId,
      endpointMs: span(0, 1),
      recognitionMs: span(1, 2),
      firstTokenMs: span(2, 3),
      firstClauseMs: span(3, 4),
      firstAudioMs: span(4, 5),
      pacerMs: span(5, 6),
      voiceToVoiceMs: span(0, 6),
    };
  }
}
