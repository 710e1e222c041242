/**
 * Whose turn it is, decided from voiced and unvoiced windows. Pure: time is counted in received samples, so tests run
 * faster than real time and a recorded call gives the same decisions again.
 *
 * A turn ends after a silence. How long that must be is a measure of how finished the words sound: whoever knows them
 * says so during the pause through `endAfter`.
 *
 * While the agent speaks, the caller's voice lowers it, then holds it, then stops it: each step takes more voice than
 * the one before, and a caller who falls silent in between is taken for a listener.
 */
import { HEARING_RATE_HZ, VAD_WINDOW_SAMPLES } from '../engines/engine-types.js';

export interface TurnTakingOptions {
  /** Silence after which the turn is over when nobody has said how finished it sounds, ms. */
  endSilenceMs: number;
  /** Silence after which the words so far are looked at, ms. */
  pauseMs: number;
  /** Voiced sound that makes speech of a noise, ms. */
  minSpeechMs: number;
  /** Voiced sound that makes the agent pause, ms. May be less than it takes to be speech: a noise ends the pause. */
  holdMs: number;
  /** Voiced sound that stops the agent, ms. */
  interruptMs: number;
  /** Longest turn, ms; then it is ended without silence. */
  maxLengthMs: number;
}

export type TurnEvent =
  /** The first sound over the agent's voice: lower it. */
  | { type: 'ducking' }
  /** It was nothing: the agent's voice may be as it was, and go on if it was held. */
  | { type: 'quiet' }
  /** It is speech. `position` is where its first voiced window began. */
  | { type: 'began'; position: number }
  /** The caller's voice goes on over the agent's: let the agent pause. */
  | { type: 'holding' }
  /** The caller has spoken long enough over the agent to be meant. */
  | { type: 'interrupting' }
  /** The caller is silent for the moment. */
  | { type: 'paused' }
  /** ... and goes on with the same turn. */
  | { type: 'resumed' }
  /** The turn is over. `lastVoiced` is the position after its last voiced sample. */
  | { type: 'ended'; lastVoiced: number }
  /** The caller said something short while the agent spoke: no turn. */
  | { type: 'dropped' };

/**
 * A noise that pauses this long before it has become speech is forgotten, and a listener's sound is over, ms. Longer than
 * the silence in the middle of a word such as "stop", of which only the first sound may have been voiced, and than the one
 * after it in "stop, what time is it?".
 */
const noiseGapMs = 320;

type Limits = Readonly<Record<keyof TurnTakingOptions, number>>;

export class TurnTaking {
  readonly #limits: Limits;
  #phase: 'quiet' | 'rising' | 'speaking' = 'quiet';
  /** Samples: where the turn began, its voiced sound, the silence since, where its voice last ended. */
  #began = 0;
  #voiced = 0;
  #silence = 0;
  #lastVoiced = 0;
  /** Silence that ends the turn in this pause, samples. */
  #endSilence: number;
  #paused = false;
  /** The words so far are a listener's. */
  #listener = false;
  /** How far the caller's voice has come over the agent's. */
  #overAgent: 'no' | 'ducking' | 'holding' | 'interrupting' = 'no';

  constructor(options: TurnTakingOptions) {
    this.#limits = inSamples(options);
    this.#endSilence = this.#limits.endSilenceMs;
  }

  /** Whether the caller is in a turn: from `began` to `ended` or `dropped`. */
  get speaking(): boolean {
    return this.#phase === 'speaking';
  }

  /** Whether the turn is meant to stop the agent, or the agent was silent. */
  get meant(): boolean {
    return this.#overAgent === 'no' || this.#overAgent === 'interrupting';
  }

  /** Voiced sound of the turn so far, ms. */
  get voicedMs(): number {
    return (this.#voiced * 1000) / HEARING_RATE_HZ;
  }

  /** Says how long the pause that is on must last to end the turn, ms. */
  endAfter(silenceMs: number): void {
    if (this.#paused) this.#endSilence = (silenceMs * HEARING_RATE_HZ) / 1000;
  }

  /** The words of the turn show that the caller means to stop the agent. */
  confirmInterruption(): void {
    if (this.#phase === 'speaking') this.#overAgent = 'interrupting';
  }

  /** The words of the turn are a listener's: the agent speaks on unless the caller goes on at once. */
  takeForListener(): void {
    if (this.#paused) this.#listener = true;
  }

  /**
   * Takes the next window.
   * @param window its position in samples and the speech gate's decision.
   * @param agentSpeaking whether the agent's voice is on, a voice that is held included.
   */
  hear(window: { position: number; voiced: boolean }, agentSpeaking: boolean): TurnEvent[] {
    return window.voiced ? this.#hearVoice(window.position, agentSpeaking) : this.#hearSilence(agentSpeaking);
  }

  #hearVoice(position: number, agentSpeaking: boolean): TurnEvent[] {
    const events: TurnEvent[] = [];
    if (this.#phase === 'quiet') {
      this.#phase = 'rising';
      this.#began = position;
      this.#voiced = 0;
      this.#overAgent = 'no';
    }
    this.#silence = 0;
    this.#voiced += VAD_WINDOW_SAMPLES;
    this.#lastVoiced = position + VAD_WINDOW_SAMPLES;
    if (agentSpeaking) this.#stepOver('no', 'ducking', 0, events);
    if (this.#phase === 'rising' && this.#voiced >= this.#limits.minSpeechMs) {
      this.#phase = 'speaking';
      events.push({ type: 'began', position: this.#began });
    }
    if (this.#paused) {
      this.#paused = false;
      this.#listener = false;
      this.#endSilence = this.#limits.endSilenceMs;
      events.push({ type: 'resumed' });
    }
    if (agentSpeaking) this.#stepOver('ducking', 'holding', this.#limits.holdMs, events);
    if (agentSpeaking && this.#phase === 'speaking')
      this.#stepOver('holding', 'interrupting', this.#limits.interruptMs, events);
    if (this.#phase === 'speaking' && this.#lastVoiced - this.#began >= this.#limits.maxLengthMs) {
      events.push(this.#end(false));
    }
    return events;
  }

  #stepOver(
    from: 'no' | 'ducking' | 'holding',
    to: 'ducking' | 'holding' | 'interrupting',
    voiced: number,
    events: TurnEvent[],
  ): void {
    if (this.#overAgent !== from || this.#voiced < voiced) return;
    this.#overAgent = to;
    events.push({ type: to });
  }

  #hearSilence(agentSpeaking: boolean): TurnEvent[] {
    if (this.#phase === 'quiet') return [];
    this.#silence += VAD_WINDOW_SAMPLES;
    const gap = (noiseGapMs * HEARING_RATE_HZ) / 1000;
    if (this.#phase === 'rising') {
      if (this.#silence < gap) return [];
      this.#phase = 'quiet';
      return this.#overAgent === 'no' ? [] : [{ type: 'quiet' }];
    }
    if (this.#listener && this.#silence >= gap) {
      this.#listener = false;
      // Whoever goes on now lets the agent pause anew.
      this.#overAgent = 'ducking';
      return [{ type: 'quiet' }];
    }
    if (this.#silence >= this.#endSilence) return [this.#end(agentSpeaking && !this.meant)];
    if (this.#paused || this.#silence < this.#limits.pauseMs) return [];
    this.#paused = true;
    return [{ type: 'paused' }];
  }

  #end(dropped: boolean): TurnEvent {
    this.#phase = 'quiet';
    this.#paused = false;
    this.#listener = false;
    this.#endSilence = this.#limits.endSilenceMs;
    return dropped ? { type: 'dropped' } : { type: 'ended', lastVoiced: this.#lastVoiced };
  }
}

function inSamples(options: TurnTakingOptions): Limits {
  const samples = (ms: number) => (ms * HEARING_RATE_HZ) / 1000;
  return {
    endSilenceMs: samples(options.endSilenceMs),
    pauseMs: samples(options.pauseMs),
    minSpeechMs: samples(options.minSpeechMs),
    holdMs: samples(options.holdMs),
    interruptMs: samples(options.interruptMs),
    maxLengthMs: samples(options.maxLengthMs),
  };
}
