/**
 * One caller's ear on the main thread: windows from the media thread become turns with words. Never waits for
 * recognition: a turn that has ended carries the promise of its words.
 */
import { HEARING_RATE_HZ, VAD_WINDOW_SAMPLES } from '../engines/engine-types.js';
import type { RecognizerHandle, Utterance } from '../engines/engine-types.js';
import type { HeardWindow } from '../media/media-types.js';
import { TurnTaking, type TurnTakingOptions } from './turn-taking.js';

export interface HearingOptions extends TurnTakingOptions {
  /** Sound from before the first voiced window that belongs to the turn, ms. */
  preRollMs: number;
}

/** A turn of the caller that is over. */
export interface HeardTurn {
  /** The final words; rejects when recognition failed. */
  words: Promise<string>;
  /** When the last voiced sample had arrived, monotonic ms. */
  lastVoicedAtMs: number;
}

export interface HearingEvents {
  /** The caller has begun to speak. */
  began(): void;
  /** Words so far of the turn that goes on. */
  partial(words: string): void;
  /** The caller means to stop the agent. */
  interrupting(): void;
  ended(turn: HeardTurn): void;
  /** What began was no turn. */
  dropped(): void;
}

export class Hearing {
  readonly #taking: TurnTaking;
  readonly #recognizer: RecognizerHandle;
  readonly #events: HearingEvents;
  readonly #signal: AbortSignal;
  readonly #preRollWindows: number;
  /** The last windows in which nobody was in a turn, oldest first. */
  readonly #before: HeardWindow[] = [];
  #utterance: { utterance: Utterance; cancel: AbortController } | undefined;
  #lastVoicedAtMs = 0;

  /** @param signal the session's; ends the utterance that is open. */
  constructor(
    recognizer: RecognizerHandle,
    options: HearingOptions,
    events: HearingEvents,
    signal: AbortSignal,
  ) {
    this.#taking = new TurnTaking(options);
    this.#recognizer = recognizer;
    this.#events = events;
    this.#signal = signal;
    const voicedBeforeBegan = Math.ceil((options.minSpeechMs * HEARING_RATE_HZ) / 1000 / VAD_WINDOW_SAMPLES);
    const preRoll = Math.ceil((options.preRollMs * HEARING_RATE_HZ) / 1000 / VAD_WINDOW_SAMPLES);
    // While a noise rises to speech there may be short gaps in it; twice its length holds them.
    this.#preRollWindows = preRoll + 2 * voicedBeforeBegan;
  }

  /** Whether the caller is in a turn. */
  get speaking(): boolean {
    return this.#taking.speaking;
  }

  /** Takes the next window of the caller, in order. */
  hear(window: HeardWindow, agentSpeaking: boolean): void {
    if (window.voiced) this.#lastVoicedAtMs = window.receivedAtMs;
    if (this.#utterance === undefined) {
      this.#before.push(window);
      if (this.#before.length > this.#preRollWindows) this.#before.shift();
    } else {
      this.#utterance.utterance.push(window.samples);
    }
    for (const event of this.#taking.hear(window, agentSpeaking)) {
      switch (event.type) {
        case 'began':
          this.#begin();
          this.#events.began();
          break;
        case 'interrupting':
          this.#events.interrupting();
          break;
        case 'ended':
          this.#end();
          break;
        case 'dropped':
          this.#cancel();
          this.#events.dropped();
          break;
      }
    }
  }

  #begin(): void {
    const cancel = new AbortController();
    const utterance = this.#recognizer.begin(
      (words) => this.#events.partial(words),
      AbortSignal.any([this.#signal, cancel.signal]),
    );
    for (const window of this.#before.splice(0)) utterance.push(window.samples);
    this.#utterance = { utterance, cancel };
  }

  #end(): void {
    const open = this.#utterance;
    if (open === undefined) return;
    this.#utterance = undefined;
    this.#events.ended({ words: open.utterance.finish(), lastVoicedAtMs: this.#lastVoicedAtMs });
  }

  #cancel(): void {
    this.#utterance?.cancel.abort();
    this.#utterance = undefined;
  }
}
