/**
 * Whose turn it is, decided from voiced and unvoiced windows alone. Pure: time is counted in received samples, so tests
 * run faster than real time and a recorded call gives the same decisions again.
 *
 * Silence alone ends a turn here; a detector that knows meaning shortens or lengthens the wait through `endSilence`.
 */
import { HEARING_RATE_HZ, VAD_WINDOW_SAMPLES } from '../engines/engine-types.js';

export interface TurnTakingOptions {
  /** Silence after which the turn is over, ms. */
  endSilenceMs: number;
  /** Voiced sound that makes speech of a noise, ms. */
  minSpeechMs: number;
  /** Voiced sound that stops the agent, ms. */
  interruptMs: number;
  /** Longest turn, ms; then it is ended without silence. */
  maxLengthMs: number;
}

export type TurnEvent =
  /** It is speech. `position` is where its first voiced window began. */
  | { type: 'began'; position: number }
  /** The caller has spoken long enough over the agent to be meant. */
  | { type: 'interrupting' }
  /** The turn is over. `lastVoiced` is the position after its last voiced sample. */
  | { type: 'ended'; lastVoiced: number }
  /** The caller said something short while the agent spoke on: no turn. */
  | { type: 'dropped' };

/** A noise that pauses this long before it has become speech is forgotten, ms. */
const noiseGapMs = 200;

export class TurnTaking {
  readonly #limits: Readonly<Record<keyof TurnTakingOptions, number>>;
  #phase: 'quiet' | 'rising' | 'speaking' = 'quiet';
  #began = 0;
  #voiced = 0;
  #silence = 0;
  #lastVoiced = 0;
  #interrupting = false;

  constructor(options: TurnTakingOptions) {
    const samples = (ms: number) => (ms * HEARING_RATE_HZ) / 1000;
    this.#limits = {
      endSilenceMs: samples(options.endSilenceMs),
      minSpeechMs: samples(options.minSpeechMs),
      interruptMs: samples(options.interruptMs),
      maxLengthMs: samples(options.maxLengthMs),
    };
  }

  /** Whether the caller is in a turn: from `began` to `ended` or `dropped`. */
  get speaking(): boolean {
    return this.#phase === 'speaking';
  }

  /**
   * Takes the next window.
   * @param window its position in samples and the speech gate's decision.
   * @param agentSpeaking whether the agent's voice can be heard at this moment.
   */
  hear(window: { position: number; voiced: boolean }, agentSpeaking: boolean): TurnEvent[] {
    if (window.voiced) return this.#hearVoice(window.position, agentSpeaking);
    return this.#hearSilence(agentSpeaking);
  }

  #hearVoice(position: number, agentSpeaking: boolean): TurnEvent[] {
    const events: TurnEvent[] = [];
    if (this.#phase === 'quiet') {
      this.#phase = 'rising';
      this.#began = position;
      this.#voiced = 0;
      this.#interrupting = false;
    }
    this.#silence = 0;
    this.#voiced += VAD_WINDOW_SAMPLES;
    this.#lastVoiced = position + VAD_WINDOW_SAMPLES;
    if (this.#phase === 'rising' && this.#voiced >= this.#limits.minSpeechMs) {
      this.#phase = 'speaking';
      events.push({ type: 'began', position: this.#began });
    }
    if (this.#phase === 'speaking' && agentSpeaking && !this.#interrupting) {
      if (this.#voiced >= this.#limits.interruptMs) {
        this.#interrupting = true;
        events.push({ type: 'interrupting' });
      }
    }
    if (this.#phase === 'speaking' && this.#lastVoiced - this.#began >= this.#limits.maxLengthMs) {
      events.push(this.#end(false));
    }
    return events;
  }

  #hearSilence(agentSpeaking: boolean): TurnEvent[] {
    if (this.#phase === 'quiet') return [];
    this.#silence += VAD_WINDOW_SAMPLES;
    if (this.#phase === 'rising') {
      if (this.#silence >= (noiseGapMs * HEARING_RATE_HZ) / 1000) this.#phase = 'quiet';
      return [];
    }
    if (this.#silence < this.#limits.endSilenceMs) return [];
    return [this.#end(agentSpeaking && !this.#interrupting)];
  }

  #end(dropped: boolean): TurnEvent {
    this.#phase = 'quiet';
    return dropped ? { type: 'dropped' } : { type: 'ended', lastVoiced: this.#lastVoiced };
  }
}
