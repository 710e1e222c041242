/** Asks the detector that listens, where there is one, whether a caller who pauses has finished. */
import type { EndOfTurnDetector, EndOfTurnRequest } from '../engines/engine-types.js';
import { isAbort } from '../errors.js';
import type { Logger } from '../log.js';
import { endSilenceMs, heardScale } from './end-of-turn-wait.js';

export interface JudgeParts {
  detector: EndOfTurnDetector;
  /** Silence that ends a turn when it is surely over and when it surely is not, ms. */
  bounds: { sureSilenceMs: number; unsureSilenceMs: number };
  /** So long must the pause that is on last for the turn to be over, ms. */
  onEndSilence(silenceMs: number): void;
  log: Logger;
}

export class EndOfTurnJudge {
  readonly #parts: JudgeParts;
  readonly #signal: AbortSignal;
  #judging = new AbortController();

  /** @param signal the session's. */
  constructor(parts: JudgeParts, signal: AbortSignal) {
    this.#parts = parts;
    this.#signal = signal;
  }

  /** The caller pauses. */
  paused(request: EndOfTurnRequest): void {
    this.goneOn();
    const { detector, bounds, log } = this.#parts;
    const judging = new AbortController();
    this.#judging = judging;
    detector.probability(request, AbortSignal.any([this.#signal, judging.signal])).then(
      (finished) => {
        if (!judging.signal.aborted) this.#parts.onEndSilence(endSilenceMs(finished, bounds, heardScale));
      },
      (error: unknown) => {
        // The turn ends after the silence that is set for when nobody can tell.
        if (!isAbort(error)) log.warn({ err: error }, 'whether a turn is over could not be judged');
      },
    );
  }

  /** ... and goes on, or the turn is over: what is found out now is of no use. */
  goneOn(): void {
    this.#judging.abort();
  }
}
