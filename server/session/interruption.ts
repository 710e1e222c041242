/**
 * The caller's voice over the agent's. The agent lowers its voice at the first sound, waits while it goes on, and stops when
 * words or their length show that it is meant to; for a cough or a listener's "mhm" it speaks on.
 */
import { isAbort } from '../errors.js';
import type { Logger } from '../log.js';
import type { CallMedia } from '../media/call-media.js';
import type { Answer } from './answer.js';
import { isBackchannel } from './backchannel.js';
import type { Hearing } from './hearing.js';

export interface InterruptionParts {
  /** The agent's voice. */
  media: Pick<CallMedia, 'gain' | 'hold' | 'stopPlayout'>;
  /** The caller's voice. */
  hearing: Pick<Hearing, 'voicedMs' | 'takeForListener' | 'confirmInterruption'>;
  /** Up to so much voiced sound is as short as a listener's, ms. */
  listenerMs: number;
  /** The answer that is being given. */
  answer(): Answer | undefined;
  log: Logger;
}

/** Volume of the agent's voice while the first sounds of the caller are over it. */
const duckedGain = 0.3;

/** How long an answer that was stopped may take to settle before it is given up, ms. */
const settleLimitMs = 1000;

export class Interruption {
  readonly #parts: InterruptionParts;

  constructor(parts: InterruptionParts) {
    this.#parts = parts;
  }

  /** The agent lowers its voice: there was a first sound. */
  duck(): void {
    this.#parts.media.gain(duckedGain);
  }

  /** The agent waits: the sound goes on. */
  hold(): void {
    this.#parts.media.hold(true);
  }

  /** It was nothing. */
  letAgentSpeakOn(): void {
    this.#parts.media.gain(1);
    this.#parts.media.hold(false);
  }

  /** The caller pauses, and the words decide: a listener's sounds let the agent go on, all others stop it. */
  judge(words: Promise<string>): void {
    const { hearing, listenerMs, log } = this.#parts;
    const over = this.#parts.answer();
    const short = hearing.voicedMs <= listenerMs;
    words
      .then((text) => {
        // It ended by itself meanwhile: the words are a turn, and what is being made now is their answer.
        if (this.#parts.answer() !== over) return;
        if (isBackchannel(text, short)) {
          hearing.takeForListener();
          return;
        }
        hearing.confirmInterruption();
        this.stopAgent();
      })
      .catch((error: unknown) => {
        if (!isAbort(error)) log.warn({ err: error }, 'words over the agent could not be recognised');
      });
  }

  /** Stops the answer in the making or being spoken. What was heard of it stays in the conversation. */
  stopAgent(): void {
    const answer = this.#parts.answer();
    if (answer !== undefined) this.#parts.media.stopPlayout();
    // Also when its last sound left just before it was held: the next answer is not to be held.
    this.letAgentSpeakOn();
    if (answer === undefined) return;
    // An audible answer ends with the media thread's word on how much has left; one in the making ends here.
    if (!answer.segment.audible) answer.abort();
    else setTimeout(() => answer.abort(), settleLimitMs).unref();
  }
}
