/** Decides from one caller's speech probabilities whether a voice is there, with hysteresis. */
import { VAD_WINDOW_SAMPLES, HEARING_RATE_HZ } from '../engines/engine-types.js';

export interface SpeechGateOptions {
  /** Probability from which a window counts as speech; 0 to 1, default 0.5. */
  vadThreshold: number;
  /** Probability below which a window counts as silence once speech is on; 0 to `vadThreshold`, default 0.35. */
  vadOffThreshold: number;
  /** Speech needed before the gate opens, milliseconds, 0 to 1,000; default 32, one window. */
  voicedStartMs: number;
  /** Silence needed before the gate closes, milliseconds, 0 to 1,000; default 32, one window. */
  voicedStopMs: number;
}

/** `starting` and `stopping` are the states in which it is not yet sure. */
export type SpeechGateState = 'quiet' | 'starting' | 'speaking' | 'stopping';

const WINDOW_MS = (VAD_WINDOW_SAMPLES * 1_000) / HEARING_RATE_HZ;

export class SpeechGate {
  readonly #options: SpeechGateOptions;
  readonly #startWindows: number;
  readonly #stopWindows: number;
  #windows = 0;
  state: SpeechGateState = 'quiet';

  constructor(options: SpeechGateOptions) {
    this.#options = options;
    this.#startWindows = Math.max(1, Math.ceil(options.voicedStartMs / WINDOW_MS));
    this.#stopWindows = Math.max(1, Math.ceil(options.voicedStopMs / WINDOW_MS));
  }

  /** Takes the next window's probability; true while there is a voice, the time it takes to be sure of its end included. */
  update(probability: number): boolean {
    const open = this.state === 'speaking' || this.state === 'stopping';
    const against = open
      ? probability < this.#options.vadOffThreshold
      : probability >= this.#options.vadThreshold;
    this.#windows = against ? this.#windows + 1 : 0;
    const turned = this.#windows >= (open ? this.#stopWindows : this.#startWindows);
    if (turned) this.#windows = 0;
    const nowOpen = turned ? !open : open;
    this.state = nowOpen
      ? this.#windows > 0
        ? 'stopping'
        : 'speaking'
      : this.#windows > 0
        ? 'starting'
        : 'quiet';
    return nowOpen;
  }
}
