/**
 * Sends a frame per talking caller every 20 ms, on absolute deadlines of the monotonic clock: lateness does not
 * add up. A wake-up first sends what is encoded already and then prepares what comes next. After a stall the
 * missed frames beyond a small burst are skipped in time; their sound is kept and comes later.
 *
 * Deadlines lie on a grid of 5 ms, so that a voice starts within 5 ms and yet many callers share one wake-up.
 */
import { LatenessHistogram, type MediaCounts } from './media-counting.js';
import { monotonicMs } from './media-types.js';
import { FRAME_MS } from './opus-codec.js';

/** Somebody who talks. */
export interface PacedVoice {
  /** Encodes the next frame; false when there is none: the pacer lets go of the voice. */
  prepare(): boolean;
  /** Sends the prepared frame, or one that can be had at once. */
  send(deadlineMs: number, nowMs: number): void;
}

export interface PacerOptions {
  /**
   * The last stretch before a deadline in which the thread blocks instead of trusting the timer, milliseconds,
   * 0 to 5; default 0.5. Timers are good to a millisecond at best; sockets are not served while the thread blocks.
   */
  blockMs?: number;
}

const SLOT_MS = 5;
const SLOTS_PER_FRAME = FRAME_MS / SLOT_MS;
/** Frames sent at once after a stall, the one that is due included. */
const MAX_BURST = 3;

export class Pacer {
  readonly #counts: MediaCounts;
  readonly #blockMs: number;
  readonly #startMs = monotonicMs();
  /** The slot at which each talking voice's next frame is due. */
  readonly #due = new Map<PacedVoice, number>();
  readonly #latch = new Int32Array(new SharedArrayBuffer(4));
  #timer: NodeJS.Timeout | undefined;
  #timerSlot = Infinity;
  /** Of every packet against its deadline, milliseconds. */
  readonly lateness = new LatenessHistogram();

  constructor(counts: MediaCounts, options: PacerOptions = {}) {
    this.#counts = counts;
    this.#blockMs = options.blockMs ?? 0.5;
  }

  /** Voices that talk at present. */
  get talking(): number {
    return this.#due.size;
  }

  /** Lets a voice talk from the next slot on, until it has nothing more to say. No-op while it talks. */
  start(voice: PacedVoice): void {
    if (this.#due.has(voice) || !voice.prepare()) return;
    this.#due.set(voice, Math.floor((monotonicMs() - this.#startMs) / SLOT_MS) + 1);
    this.#schedule();
  }

  /** Takes a voice out at once. */
  remove(voice: PacedVoice): void {
    this.#due.delete(voice);
  }

  /** Stops for good. */
  close(): void {
    this.#due.clear();
    clearTimeout(this.#timer);
  }

  #schedule(): void {
    let slot = Infinity;
    for (const due of this.#due.values()) slot = Math.min(slot, due);
    if (slot === this.#timerSlot) return;
    clearTimeout(this.#timer);
    this.#timerSlot = slot;
    if (slot === Infinity) return;
    const delayMs = this.#deadlineMs(slot) - monotonicMs() - this.#blockMs;
    this.#timer = setTimeout(() => this.#wake(), Math.max(0, Math.floor(delayMs)));
  }

  #wake(): void {
    const deadlineMs = this.#deadlineMs(this.#timerSlot);
    this.#timerSlot = Infinity;
    const earlyMs = deadlineMs - monotonicMs();
    if (earlyMs > 0 && earlyMs <= this.#blockMs + 1) Atomics.wait(this.#latch, 0, 0, earlyMs);
    this.#send();
    this.#schedule();
  }

  #deadlineMs(slot: number): number {
    return this.#startMs + slot * SLOT_MS;
  }

  /** Sends what is due, everybody's first frame before anybody's second. */
  #send(): void {
    const slot = Math.floor((monotonicMs() - this.#startMs) / SLOT_MS);
    const late: [PacedVoice, number][] = [];
    const sent: PacedVoice[] = [];
    for (const [voice, due] of this.#due) {
      if (due > slot) continue;
      const missed = Math.floor((slot - due) / SLOTS_PER_FRAME);
      const skipped = Math.max(0, missed - (MAX_BURST - 1));
      this.#counts.framesSkipped += skipped;
      this.#sendFrame(voice, due + skipped * SLOTS_PER_FRAME);
      if (missed > skipped) late.push([voice, missed - skipped]);
      else sent.push(voice);
    }
    for (const [voice, frames] of late) {
      for (let i = 0; i < frames && voice.prepare(); i++) {
        this.#sendFrame(voice, this.#due.get(voice) ?? slot);
      }
      sent.push(voice);
    }
    for (const voice of sent) {
      if (!voice.prepare()) this.#due.delete(voice);
    }
  }

  #sendFrame(voice: PacedVoice, due: number): void {
    const nowMs = monotonicMs();
    const deadlineMs = this.#deadlineMs(due);
    this.lateness.record(nowMs - deadlineMs);
    this.#due.set(voice, due + SLOTS_PER_FRAME);
    voice.send(deadlineMs, nowMs);
  }
}
