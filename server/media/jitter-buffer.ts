/**
 * Puts one caller's packets back in order and keeps the caller's media time. Packets in order pass without delay;
 * only behind a hole is there a wait, as long as packets have lately been out of order by. Gaps of the timestamp
 * without a hole (DTX, RFC 7587 section 3.1.3) and times in which nothing comes at all become silence, so that
 * media time always goes on. Pure: times come in, pieces of sound go out, every tick of media time exactly once.
 *
 * A tick is 1/48,000 s, the RTP clock of Opus.
 */
import { TICKS_PER_MS } from './opus-packet.js';

/** One packet with what the jitter buffer must know of it. */
export interface AudioPacket {
  sequenceNumber: number;
  timestamp: number;
  /** Length of its sound in ticks. */
  ticks: number;
  payload: Uint8Array;
}

/** The next piece of a caller's sound. */
export type SoundPiece =
  | { type: 'packet'; packet: AudioPacket; arrivedAtMs: number }
  /** To be concealed: its packets did not come. */
  | { type: 'lost'; ticks: number; arrivedAtMs: number }
  | { type: 'silence'; ticks: number; arrivedAtMs: number };

/** What became of a packet. */
export type PushOutcome = 'accepted' | 'duplicate' | 'late' | 'overflow';

export interface JitterBufferOptions {
  /** Shortest and longest wait for the packets of a hole, milliseconds; default 20 and 60. */
  minWaitMs?: number;
  maxWaitMs?: number;
  /**
   * How long after a packet is due the clock takes over and silence begins, milliseconds, 20 to 500; default 60.
   * Shorter ends turns sooner for callers with DTX; longer than the network's jitter keeps silence out of words.
   */
  silenceAfterMs?: number;
}

/** Packets held behind a hole at most: more than a hole can be waited for. */
const MAX_HELD = 64;
/** RFC 3550, appendix A.1: what jumps further than this is another stream's packet or a restart. */
const MAX_DROPOUT = 3_000;
const MAX_MISORDER = 100;
/** Longer losses are silence after this: libopus has faded out by then. */
const MAX_CONCEALED_TICKS = 100 * TICKS_PER_MS;
/** A gap may claim this much more time than has passed on the clock. */
const GAP_SLACK_TICKS = 200 * TICKS_PER_MS;
/** Silence by the clock comes in steps of 20 ms, two at most at once: after a stall the packets are in the socket. */
const CLOCK_STEP_TICKS = 20 * TICKS_PER_MS;
const MAX_CLOCK_STEPS = 2;
/** Nobody sends sound faster than real time for long: half as fast again, and 3 s at once after an outage. */
const MAX_SPEED = 1.5;
const MAX_BURST_TICKS = 3_000 * TICKS_PER_MS;

export class JitterBuffer {
  readonly #minWaitMs: number;
  readonly #maxWaitMs: number;
  readonly #silenceAfterMs: number;
  /** Packets behind a hole by unwrapped sequence number, in the order of their arrival. */
  readonly #held = new Map<number, { packet: AudioPacket; arrivedAtMs: number }>();
  /** Holes that were given up: unwrapped sequence number to the time the hole was seen. */
  readonly #givenUp = new Map<number, number>();
  #pieces: SoundPiece[] = [];
  #waitMs: number;
  /** Unwrapped; `undefined` until the first packet. */
  #nextSequence: number | undefined;
  #highestSequence = 0;
  #nextTimestamp = 0;
  /** Packets given up in front of the one that is released next. */
  #missing = 0;
  #restartSequence: number | undefined;
  #lastArrivalMs: number;
  #lastTicks = CLOCK_STEP_TICKS;
  /** Silence that the clock has put in since the last packet. */
  #clockTicks = 0;
  /** Silence that the clock had put in for packets that came after all; given back in the next gap. */
  #surplusTicks = 0;
  #burstTicks = 0;
  #burstAtMs: number;

  /** @param nowMs when media time begins to run. */
  constructor(nowMs: number, options: JitterBufferOptions = {}) {
    this.#minWaitMs = options.minWaitMs ?? 20;
    this.#maxWaitMs = options.maxWaitMs ?? 60;
    this.#silenceAfterMs = options.silenceAfterMs ?? 60;
    this.#waitMs = (this.#minWaitMs + this.#maxWaitMs) / 2;
    this.#lastArrivalMs = nowMs;
    this.#burstAtMs = nowMs;
  }

  /** How long the packets of a hole are waited for at present, milliseconds. */
  get waitMs(): number {
    return this.#waitMs;
  }

  /** Packets held behind a hole. */
  get held(): number {
    return this.#held.size;
  }

  /** Takes a packet as it arrives; {@link take} then says what can be heard. */
  push(packet: AudioPacket, nowMs: number): PushOutcome {
    const sequence = this.#unwrap(packet.sequenceNumber);
    if (sequence === undefined) return 'late';
    const next = (this.#nextSequence ??= this.#begin(packet, sequence));

    if (sequence < next) {
      const holeSinceMs = this.#givenUp.get(sequence);
      if (holeSinceMs === undefined) return 'duplicate';
      this.#givenUp.delete(sequence);
      this.#learn(nowMs - holeSinceMs);
      return 'late';
    }
    if (this.#held.has(sequence)) return 'duplicate';
    if (!this.#admit(packet.ticks, nowMs)) return 'overflow';

    if (sequence === next) {
      for (const { arrivedAtMs } of this.#held.values()) {
        this.#learn(nowMs - arrivedAtMs);
        break;
      }
    }
    this.#highestSequence = Math.max(this.#highestSequence, sequence);
    this.#held.set(sequence, { packet, arrivedAtMs: nowMs });
    return 'accepted';
  }

  /** Everything that can be heard by now, in order. To be called after every packet and every 10 to 20 ms. */
  take(nowMs: number): SoundPiece[] {
    while (this.#nextSequence !== undefined && this.#held.size > 0) {
      const held = this.#held.get(this.#nextSequence);
      if (held) {
        this.#held.delete(this.#nextSequence);
        this.#release(held.packet, held.arrivedAtMs);
        this.#nextSequence++;
      } else if (!this.#giveUpHole(this.#nextSequence, nowMs)) {
        break;
      }
    }
    if (this.#held.size === 0) this.#fillByClock(nowMs);
    const pieces = this.#pieces;
    this.#pieces = [];
    return pieces;
  }

  /** Sequence number without wrap-around, or `undefined` for a stray one (RFC 3550, appendix A.1). */
  #unwrap(sequenceNumber: number): number | undefined {
    if (this.#nextSequence === undefined) return sequenceNumber;
    const step = ((sequenceNumber - this.#highestSequence + 0x8000) & 0xffff) - 0x8000;
    if (step <= MAX_DROPOUT && step >= -MAX_MISORDER) {
      this.#restartSequence = undefined;
      return this.#highestSequence + step;
    }
    // Two packets in a row from elsewhere: the source has restarted.
    const restarted = sequenceNumber === this.#restartSequence;
    this.#restartSequence = (sequenceNumber + 1) & 0xffff;
    if (!restarted) return undefined;
    this.#restart();
    return sequenceNumber;
  }

  #begin(packet: AudioPacket, sequence: number): number {
    this.#highestSequence = sequence;
    this.#nextTimestamp = packet.timestamp;
    this.#clockTicks = 0;
    return sequence;
  }

  /** Plays what is held and forgets the order of the old stream. */
  #restart(): void {
    for (const [, held] of [...this.#held].sort(([a], [b]) => a - b)) {
      this.#nextTimestamp = held.packet.timestamp;
      this.#release(held.packet, held.arrivedAtMs);
    }
    this.#held.clear();
    this.#givenUp.clear();
    this.#restartSequence = undefined;
    this.#nextSequence = undefined;
  }

  /** Ends the wait for a hole when it has lasted long enough; true when it has. */
  #giveUpHole(hole: number, nowMs: number): boolean {
    let sinceMs = Infinity;
    let first = Infinity;
    for (const [sequence, { arrivedAtMs }] of this.#held) {
      sinceMs = Math.min(sinceMs, arrivedAtMs);
      first = Math.min(first, sequence);
    }
    if (nowMs - sinceMs < this.#waitMs && this.#held.size < MAX_HELD) return false;

    for (let missing = Math.max(hole, first - MAX_HELD); missing < first; missing++) {
      this.#givenUp.set(missing, sinceMs);
    }
    for (const missing of this.#givenUp.keys()) {
      if (this.#givenUp.size <= MAX_HELD) break;
      this.#givenUp.delete(missing);
    }
    // Waiting was in vain. Where packets are lost and not late, the wait goes down to its minimum.
    this.#waitMs = Math.max(this.#minWaitMs, this.#waitMs * 0.9);
    this.#missing += first - hole;
    this.#nextSequence = first;
    return true;
  }

  #release(packet: AudioPacket, arrivedAtMs: number): void {
    const missing = this.#missing;
    this.#missing = 0;
    const passedTicks = (arrivedAtMs - this.#lastArrivalMs) * TICKS_PER_MS;
    const gap = (packet.timestamp - this.#nextTimestamp) | 0;
    if (gap >= 0) {
      // What the clock has filled already is not filled again; what it filled too much is a surplus.
      let open = Math.min(gap, passedTicks + GAP_SLACK_TICKS + packet.ticks) - this.#clockTicks;
      if (open < 0) {
        this.#surplusTicks = Math.min(this.#surplusTicks - open, MAX_BURST_TICKS);
        open = 0;
      }
      if (missing > 0 && this.#clockTicks === 0) {
        const lost = Math.min(open, MAX_CONCEALED_TICKS);
        this.#fill('lost', lost, arrivedAtMs);
        open -= lost;
      } else if (missing === 0) {
        const repaid = Math.min(open, this.#surplusTicks);
        this.#surplusTicks -= repaid;
        open -= repaid;
      }
      this.#fill('silence', open, arrivedAtMs);
    }
    this.#clockTicks = 0;
    this.#pieces.push({ type: 'packet', packet, arrivedAtMs });
    this.#nextTimestamp = (packet.timestamp + packet.ticks) >>> 0;
    this.#lastTicks = packet.ticks;
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, arrivedAtMs);
  }

  #fill(type: 'lost' | 'silence', ticks: number, arrivedAtMs: number): void {
    // Whole samples at 16 kHz, three ticks each.
    const whole = Math.min(ticks - (ticks % 3), this.#room(arrivedAtMs));
    if (whole <= 0) return;
    this.#burstTicks += whole;
    this.#pieces.push({ type, ticks: whole, arrivedAtMs });
  }

  #fillByClock(nowMs: number): void {
    const quietMs = nowMs - this.#lastArrivalMs - this.#silenceAfterMs;
    const due = quietMs * TICKS_PER_MS - this.#lastTicks - this.#clockTicks;
    const steps = Math.min(MAX_CLOCK_STEPS, Math.floor(due / CLOCK_STEP_TICKS));
    if (steps <= 0) return;
    const ticks = steps * CLOCK_STEP_TICKS;
    this.#clockTicks += ticks;
    this.#pieces.push({ type: 'silence', ticks, arrivedAtMs: nowMs });
  }

  /** A packet came this long after the hole before it was seen. */
  #learn(neededMs: number): void {
    this.#waitMs = Math.min(this.#maxWaitMs, Math.max(this.#waitMs, neededMs * 1.25 + 2));
  }

  /** Ticks that may come in at once: a bucket that drains somewhat faster than real time. */
  #room(nowMs: number): number {
    const drained = Math.max(0, nowMs - this.#burstAtMs) * TICKS_PER_MS * MAX_SPEED;
    this.#burstTicks = Math.max(0, this.#burstTicks - drained);
    this.#burstAtMs = Math.max(this.#burstAtMs, nowMs);
    const room = MAX_BURST_TICKS - this.#burstTicks;
    return room - (room % 3);
  }

  #admit(ticks: number, nowMs: number): boolean {
    if (this.#room(nowMs) < ticks) return false;
    this.#burstTicks += ticks;
    return true;
  }
}
