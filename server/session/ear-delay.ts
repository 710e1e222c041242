/** The rest of the way from the server to the caller's ear, which only the browser can measure. */
import type { PlayoutReport, TurnLatency } from '../protocol.js';

export class EarDelay {
  readonly #onMouthToEar: (latency: TurnLatency) => void;
  #last: PlayoutReport | undefined;
  /** Figures of the answer being heard, as long as the browser has not told of its side. */
  #untold: TurnLatency | undefined;

  /** @param onMouthToEar is told the figures of an answer once more, with `mouthToEarMs`, when the browser has reported. */
  constructor(onMouthToEar: (latency: TurnLatency) => void) {
    this.#onMouthToEar = onMouthToEar;
  }

  /** Delay behind the server as far as the browser has told it, ms. */
  get ms(): number {
    const last = this.#last;
    return last === undefined ? 0 : last.roundTripMs / 2 + last.jitterBufferMs + last.outputMs;
  }

  /** An answer begins to be heard. What the browser reported before belongs to an answer before. */
  answerBegan(latency: TurnLatency | undefined): void {
    this.#untold = latency;
  }

  /** Takes what the browser measures of its receiving side. */
  report(report: PlayoutReport): void {
    this.#last = report;
    const latency = this.#untold;
    this.#untold = undefined;
    if (latency === undefined) return;
    const { roundTripMs, jitterBufferMs, outputMs } = report;
    const mouthToEarMs = latency.voiceToVoiceMs + roundTripMs + jitterBufferMs + outputMs;
    this.#onMouthToEar({ ...latency, mouthToEarMs });
  }
}
