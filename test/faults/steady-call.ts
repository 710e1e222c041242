/**
 * A good call that runs beside a fault: its agent speaks nearly all the time, and at the end it must have heard all of
 * it, answer by answer, and still be understood when it speaks.
 */
import { expect } from 'vitest';
import type { OpusClip } from '../callers/opus-clip.js';
import { WebRtcCaller } from '../callers/web-rtc-caller.js';
import { until } from '../helpers/until.js';

/** Frames that the pacer may skip on a machine that is busy with other things: this share, and a few. */
const SKIPPED_SHARE = 0.03;
const SKIPPED_FEW = 5;
/** A pause this long in the voice is a disturbance, ms; less than that a busy machine does by itself. */
const GAP_LIMIT_MS = 1000;

export class SteadyCall {
  readonly caller: WebRtcCaller;
  /** Answers that came in full so far. */
  answers = 0;
  #stopping = false;
  readonly #talking: Promise<void>;
  #problem: unknown;

  /** Calls and begins to talk; resolves when the first answer has come. */
  static async start(url: string): Promise<SteadyCall> {
    const call = new SteadyCall(await WebRtcCaller.call(url));
    await call.nextAnswers(1);
    return call;
  }

  private constructor(caller: WebRtcCaller) {
    this.caller = caller;
    this.#talking = this.#talk().catch((error: unknown) => {
      this.#problem = error;
    });
  }

  /** Resolves when so many more answers have been asked for and come. */
  async nextAnswers(count: number): Promise<void> {
    // The one that is being spoken does not count: it began before.
    const wanted = this.answers + count + 1;
    await until('the good call gets its answers', () => this.#well() && this.answers >= wanted, 30_000);
  }

  /** Expects that nothing of the fault was noticed: no lost voice, the next turn, spoken, is understood and answered. */
  async expectUndisturbed(question: OpusClip, words: RegExp): Promise<void> {
    await this.nextAnswers(1);
    this.#stopping = true;
    await this.#talking;
    this.#well();
    await this.caller.speak(question);
    const answer = await this.caller.waitForAnswer(30_000);
    expect(answer.text).not.toBe('');
    expect(answer.text).not.toMatch(/something went wrong/);
    expect(answer.samples.length).toBeGreaterThan(0);
    expect(this.caller.understood).toMatch(words);
    const { packets, lost, skipped, undecodable, longestGapMs } = this.caller.quality;
    expect({ lost, undecodable }).toEqual({ lost: 0, undecodable: 0 });
    expect(skipped).toBeLessThanOrEqual(SKIPPED_FEW + SKIPPED_SHARE * packets);
    expect(longestGapMs).toBeLessThan(GAP_LIMIT_MS);
  }

  async leave(): Promise<void> {
    this.#stopping = true;
    await this.caller.leave(this.caller.ended ? 'disconnect' : 'end');
    await this.#talking;
  }

  async #talk(): Promise<void> {
    while (!this.#stopping) {
      await this.caller.say('What is the capital of France?');
      const { text, heardCharacters } = await this.caller.waitForAnswer(30_000);
      if (heardCharacters !== undefined || /something went wrong/.test(text))
        throw new Error(`The good call got this answer: "${text}", heard up to ${heardCharacters}.`);
      this.answers++;
    }
  }

  #well(): boolean {
    if (this.#problem !== undefined && !this.#stopping)
      throw new Error('The good call was disturbed.', { cause: this.#problem });
    return true;
  }
}
