/**
 * One caller's ear on the main thread: windows from the media thread become turns with words. Never waits for
 * recognition: a pause and an end carry the promise of the words so far.
 */
import { HEARING_RATE_HZ, VAD_WINDOW_SAMPLES } from '../engines/engine-types.js';
import type { RecognizerHandle, Utterance } from '../engines/engine-types.js';
import type { HeardWindow } from '../media/media-types.js';
import { TurnRecord } from './turn-record.js';
import { TurnTaking, type TurnTakingOptions } from './turn-taking.js';

export interface HearingOptions extends TurnTakingOptions {
  /** Sound from before the first voiced window that belongs to the turn, ms. */
  preRollMs: number;
}

/** What the caller has said in a turn up to a pause. */
export interface HeardWords {
  /** Rejects when recognition failed; with an AbortError when the caller went on. */
  words: Promise<string>;
  /** When the last voiced sample had arrived, monotonic ms. */
  lastVoicedAtMs: number;
}

export interface HearingEvents {
  /** The first sound over the agent's voice. */
  ducking(): void;
  /** It was nothing. */
  quiet(): void;
  /** The caller has begun to speak. */
  began(): void;
  /** Whether `partial` is worth the work. */
  partialsWanted(): boolean;
  /** Words so far of the turn that goes on. */
  partial(words: string): void;
  /** The caller's voice goes on over the agent's. */
  holding(): void;
  /** The caller means to stop the agent. */
  interrupting(): void;
  /**
   * The caller is silent for the moment.
   * @param sound of the turn so far, at 16 kHz, for who wants to listen to it.
   */
  paused(heard: HeardWords, sound: () => Int16Array): void;
  /** ... and goes on: what was heard up to the pause is part of what comes. */
  resumed(): void;
  /** The turn is over. When it ended in a pause, the words are those of the pause, the same promise. */
  ended(heard: HeardWords): void;
  /** What began was no turn. */
  dropped(): void;
  /** All that was decided on since the call was last quiet, to be replayed; see {@link TurnRecord}. */
  recorded(record: string): void;
}

/**
 * A turn up to this length is recognised anew as a whole when the caller goes on after a pause: words are heard better
 * in their sentence, and recognition has caught up before the caller ends. Of a longer one, what was said up to the
 * pause stands. Samples.
 */
const wholeTurnSamples = 8 * HEARING_RATE_HZ;

/** The turn that is on. */
interface OpenTurn {
  /** Its sound since `before` ends. */
  windows: HeardWindow[];
  /** Words that stand and are not recognised anew. */
  before: Promise<string>;
  /** Recognition of `windows`; `undefined` during a pause. */
  utterance: Utterance | undefined;
  /** Ends the recognition without words. */
  cancel: AbortController;
  /** The words up to the pause that is on. */
  paused: Promise<string> | undefined;
}

export class Hearing {
  readonly #taking: TurnTaking;
  readonly #record = new TurnRecord();
  readonly #recognizer: RecognizerHandle;
  readonly #events: HearingEvents;
  readonly #signal: AbortSignal;
  readonly #keptWindows: number;
  /** The last windows outside of a turn, oldest first. */
  readonly #before: HeardWindow[] = [];
  #turn: OpenTurn | undefined;
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
    const windows = (ms: number) => Math.ceil((ms * HEARING_RATE_HZ) / 1000 / VAD_WINDOW_SAMPLES);
    // While a noise rises to speech there may be short gaps in it; twice its length holds them.
    this.#keptWindows = windows(options.preRollMs) + 2 * windows(options.minSpeechMs);
  }

  /** Says how long the pause that is on must last to end the turn, ms. */
  endAfter(silenceMs: number): void {
    this.#taking.endAfter(silenceMs);
    this.#record.endAfter(silenceMs);
  }

  /** Whether what the caller is saying is meant for the agent, and no sound of a listener. */
  get meant(): boolean {
    return this.#taking.meant;
  }

  /** The words of the turn show that the caller means to stop the agent. */
  confirmInterruption(): void {
    this.#taking.confirmInterruption();
    this.#record.confirmInterruption();
  }

  /** The words of the turn are a listener's. */
  takeForListener(): void {
    this.#taking.takeForListener();
    this.#record.takeForListener();
  }

  /** Voiced sound of the turn so far, ms. */
  get voicedMs(): number {
    return this.#taking.voicedMs;
  }

  /** Takes the next window of the caller, in order. */
  hear(window: HeardWindow, agentSpeaking: boolean): void {
    if (window.voiced) this.#lastVoicedAtMs = window.receivedAtMs;
    if (this.#turn === undefined) {
      this.#before.push(window);
      if (this.#before.length > this.#keptWindows) this.#before.shift();
    } else {
      this.#turn.windows.push(window);
      this.#turn.utterance?.push(window.samples);
    }
    this.#record.hear(window.voiced, agentSpeaking);
    for (const event of this.#taking.hear(window, agentSpeaking)) {
      switch (event.type) {
        case 'began':
          this.#begin(this.#before.splice(0), Promise.resolve(''));
          this.#events.began();
          break;
        case 'paused':
          this.#events.paused({ words: this.#pause(), lastVoicedAtMs: this.#lastVoicedAtMs }, () =>
            this.#sound(),
          );
          break;
        case 'resumed':
          this.#resume();
          this.#events.resumed();
          break;
        case 'ended':
          this.#events.ended({ words: this.#pause(), lastVoicedAtMs: this.#lastVoicedAtMs });
          this.#turn = undefined;
          break;
        case 'dropped':
          this.#turn?.cancel.abort();
          this.#turn = undefined;
          this.#events.dropped();
          break;
        case 'ducking':
        case 'quiet':
        case 'holding':
        case 'interrupting':
          this.#events[event.type]();
          break;
      }
      if (event.type === 'ended' || event.type === 'dropped') this.#events.recorded(this.#record.take());
    }
  }

  #begin(windows: HeardWindow[], before: Promise<string>): void {
    const cancel = new AbortController();
    let standing = '';
    void before.then((words) => (standing = words));
    const onPartial = (words: string) => this.#events.partial(join(standing, words));
    const utterance = this.#recognizer.begin(
      this.#events.partialsWanted() ? onPartial : undefined,
      AbortSignal.any([this.#signal, cancel.signal]),
    );
    for (const window of windows) utterance.push(window.samples);
    this.#turn = { windows, before, utterance, cancel, paused: undefined };
  }

  /** The words up to here. */
  #pause(): Promise<string> {
    const turn = this.#turn;
    if (turn === undefined) return Promise.resolve('');
    if (turn.utterance !== undefined) {
      turn.paused = Promise.all([turn.before, turn.utterance.finish()]).then(([before, words]) =>
        join(before, words),
      );
      // Nobody may ask for the words of a pause.
      turn.paused.catch(() => undefined);
      turn.utterance = undefined;
    }
    return turn.paused ?? Promise.resolve('');
  }

  #sound(): Int16Array {
    const windows = this.#turn?.windows ?? [];
    const sound = new Int16Array(windows.length * VAD_WINDOW_SAMPLES);
    for (const [index, { samples }] of windows.entries()) sound.set(samples, index * VAD_WINDOW_SAMPLES);
    return sound;
  }

  #resume(): void {
    const turn = this.#turn;
    if (turn === undefined) return;
    if (turn.windows.length * VAD_WINDOW_SAMPLES <= wholeTurnSamples) {
      turn.cancel.abort();
      this.#begin(turn.windows, turn.before);
      return;
    }
    const standing = (turn.paused ?? turn.before).catch(() => '');
    this.#begin(turn.windows.slice(-this.#keptWindows), standing);
  }
}

function join(one: string, other: string): string {
  return [one, other].filter((words) => words !== '').join(' ');
}
