/**
 * Long speech in pieces that a model can take: cut where it is quiet, at the latest at a limit. What was said in earlier
 * pieces stands.
 */
import { HEARING_RATE_HZ, type Utterance } from '../engine-types.js';

export interface SegmentLimits {
  /** From this length on a piece ends at the first quiet place, seconds. */
  soonSeconds: number;
  /** At this length it ends anywhere, seconds. */
  mostSeconds: number;
}

/** A stretch is quiet when its power is so much below that of the whole piece, dB. */
const QUIET_BELOW_DB = 15;
/** Length of a quiet stretch, samples: 96 ms. */
const QUIET_SAMPLES = 0.096 * HEARING_RATE_HZ;

export class SegmentedUtterance implements Utterance {
  readonly #open: (onPartial: (words: string) => void) => Utterance;
  readonly #limits: SegmentLimits;
  readonly #onPartial: (words: string) => void;
  /** Words of the pieces that have ended. */
  #standing: Promise<string> = Promise.resolve('');
  #standingWords = '';
  #current: Utterance;
  #samples = 0;
  /** Sum of squares of the piece, and of the stretch at its end. */
  #energy = 0;
  #stretch = { samples: 0, energy: 0 };
  #result: Promise<string> | undefined;

  /** @param open begins a piece. */
  constructor(
    open: (onPartial: (words: string) => void) => Utterance,
    limits: SegmentLimits,
    onPartial: (words: string) => void,
  ) {
    this.#open = open;
    this.#limits = limits;
    this.#onPartial = onPartial;
    this.#current = this.#begin();
  }

  push(samples: Int16Array): void {
    if (this.#result) return;
    this.#current.push(samples);
    this.#measure(samples);
    const seconds = this.#samples / HEARING_RATE_HZ;
    const { soonSeconds, mostSeconds } = this.#limits;
    if (seconds >= mostSeconds || (seconds >= soonSeconds && this.#isQuiet())) this.#cut();
  }

  finish(): Promise<string> {
    this.#result ??= this.#joined(this.#current.finish());
    return this.#result;
  }

  #begin(): Utterance {
    return this.#open((words) => {
      if (!this.#result) this.#onPartial(join(this.#standingWords, words));
    });
  }

  #cut(): void {
    const standing = this.#joined(this.#current.finish());
    this.#standing = standing;
    // Whoever finishes hears of the failure; partial words go on without those of the piece.
    standing.then(
      (words) => (this.#standingWords = words),
      () => undefined,
    );
    this.#samples = this.#energy = 0;
    this.#stretch = { samples: 0, energy: 0 };
    this.#current = this.#begin();
  }

  async #joined(words: Promise<string>): Promise<string> {
    const [before, now] = await Promise.all([this.#standing, words]);
    return join(before, now);
  }

  #measure(samples: Int16Array): void {
    const energy = samples.reduce((sum, sample) => sum + sample * sample, 0);
    this.#samples += samples.length;
    this.#energy += energy;
    if (this.#stretch.samples >= QUIET_SAMPLES) this.#stretch = { samples: 0, energy: 0 };
    this.#stretch.samples += samples.length;
    this.#stretch.energy += energy;
  }

  #isQuiet(): boolean {
    const { samples, energy } = this.#stretch;
    if (samples < QUIET_SAMPLES) return false;
    const quiet = (this.#energy / this.#samples) * 10 ** (-QUIET_BELOW_DB / 10);
    return energy / samples <= quiet;
  }
}

function join(one: string, other: string): string {
  return [one, other].filter((words) => words !== '').join(' ');
}
