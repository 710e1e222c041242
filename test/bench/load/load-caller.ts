/** One caller of the load tester: calls, goes through the script at the pace of a conversation, and keeps the record. */
import { setTimeout as sleep } from 'node:timers/promises';

import { monotonicMs } from '../../../server/media/media-types.js';
import type { TurnLatency } from '../../../server/protocol.js';
import { FRAME_MS } from '../../callers/frame-clock.js';
import type { OpusClip } from '../../callers/opus-clip.js';
import { WebRtcCaller, type ConnectTimes, type HeardAnswer } from '../../callers/web-rtc-caller.js';
import type { VoiceQuality } from '../../callers/voice-recorder.js';
import { judge, type Line, type Verdict } from './script.js';

/** A line with its sound. */
export interface SpokenLine extends Line {
  clip: OpusClip;
}

/** One turn and its answer. */
export interface TurnRecord {
  caller: number;
  said: string;
  understood: string;
  answered: string;
  verdict: Verdict;
  /** Monotonic ms. */
  begunAtMs: number;
  /** Length of the question, ms. */
  speechMs: number;
  /** From the beginning of the question to that of the next one, ms. */
  wholeMs: number;
  latency: TurnLatency | undefined;
  mouthToEarMs: number | undefined;
}

export interface CallerRecord {
  caller: number;
  times: ConnectTimes | undefined;
  turns: TurnRecord[];
  /** Answers that never came, calls that broke, refusals. */
  errors: string[];
  quality: VoiceQuality | undefined;
}

/** Share of the time in which a caller speaks. */
const talkShare = 1 / 3;
/** How much a caller's pauses differ from their mean, so that callers fall in and out of step. */
const pauseSpread = 0.4;
const answerLimitMs = 30_000;

export class LoadCaller {
  readonly record: CallerRecord;
  readonly #lines: readonly SpokenLine[];
  readonly #callers: number;
  readonly #random: () => number;
  #understood = '';
  #call: WebRtcCaller | undefined;

  /**
   * @param caller counts from 0.
   * @param callers how many there are in all.
   */
  constructor(caller: number, callers: number, lines: readonly SpokenLine[], random: () => number) {
    this.record = { caller, times: undefined, turns: [], errors: [], quality: undefined };
    this.#lines = lines;
    this.#callers = callers;
    this.#random = random;
  }

  /**
   * Calls; resolves when the caller can speak, or has failed to.
   * @param wantedAtMs when the caller decided to call, monotonic ms.
   */
  async connect(url: string, wantedAtMs: number): Promise<void> {
    const beforeMs = monotonicMs() - wantedAtMs;
    try {
      this.#call = await WebRtcCaller.call(url);
      const { startCallMs, readyMs } = this.#call.times;
      this.record.times = { startCallMs: beforeMs + startCallMs, readyMs: beforeMs + readyMs };
    } catch (error) {
      this.#failed('could not call', error);
    }
  }

  /** Talks until the signal aborts, the turn that is on is over, and the caller has left. */
  async talk(signal: AbortSignal): Promise<void> {
    const call = this.#call;
    if (call === undefined) return;
    for (let turn = 0; !signal.aborted && call.ended === undefined; turn++) {
      const line = this.#lines[turn % this.#lines.length];
      if (line !== undefined) await this.#turn(call, line, signal);
    }
    if (call.ended !== undefined)
      this.record.errors.push(`the call ended: ${call.ended.reason} (${call.ended.message})`);
    this.record.quality = { ...call.quality };
    await call.leave();
  }

  async #turn(call: WebRtcCaller, line: SpokenLine, signal: AbortSignal): Promise<void> {
    const begunAtMs = monotonicMs();
    const speechMs = line.clip.packets.length * FRAME_MS;
    let answer: HeardAnswer;
    try {
      await call.speak(line.clip);
      // What was answered to half a question is cut off by the other half.
      do answer = await call.waitForAnswer(answerLimitMs);
      while (answer.heardCharacters !== undefined);
    } catch (error) {
      this.#failed(`no answer to ${JSON.stringify(line.said)}`, error);
      return;
    }
    const understood = call.understood ?? '';
    this.#understood += ` ${understood}`;
    const { caller } = this.record;
    const spread = 1 + pauseSpread * (this.#random() - 0.5);
    const pauseMs = begunAtMs + (speechMs / talkShare) * spread - monotonicMs();
    await sleep(Math.max(0, pauseMs), undefined, { signal }).catch(() => undefined);
    this.record.turns.push({
      caller,
      said: line.said,
      understood,
      answered: answer.text,
      verdict: judge(line, answer.text, this.#understood, caller, this.#callers),
      begunAtMs,
      speechMs,
      wholeMs: monotonicMs() - begunAtMs,
      latency: answer.latency,
      mouthToEarMs: answer.mouthToEarMs,
    });
  }

  #failed(what: string, error: unknown): void {
    this.record.errors.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
