/**
 * One caller's mouth: a queue of segments that is encoded frame by frame and becomes RTP. Sequence numbers are
 * contiguous, timestamps follow media time also over silence in which nothing is sent, and the first packet of a
 * talkspurt carries the marker (RFC 3550 section 5.1, RFC 3551 section 4.1, RFC 7587 section 4).
 */
import { randomInt } from 'node:crypto';
import type { PlayoutEvent, StreamParameters } from './media-types.js';
import { FRAME_MS, OpusEncoder, type OpusEncoderOptions } from './opus-codec.js';
import { TICKS_PER_MS } from './opus-packet.js';
import { peak, ramp } from './pcm.js';
import { serialiseRtp } from './rtp-packet.js';
import { SegmentQueue, type Span } from './segment-queue.js';

/** Speech that may wait to be played. */
const MAX_QUEUED_MS = 30_000;
/** Frames of silence after the last sound, so that the listener's concealment does not drone on: 200 ms. */
const TRAILING_FRAMES = 10;
/** A frame below this peak of 32,768 (-48 dB) is not audible. */
const AUDIBLE_PEAK = 130;
const PROGRESS_EVERY_MS = 100;
/** What is stopped fades out over this time instead of ending with a click. */
const FADE_MS = 5;

/** Event as the session's own part of the thread reports it; the thread adds the session. */
export type MouthEvent = PlayoutEvent extends infer E
  ? E extends PlayoutEvent
    ? Omit<E, 'sessionId'>
    : never
  : never;

interface Frame {
  payload: Buffer;
  samples: Int16Array;
  /** What of which segment is in it, in order. */
  spans: Span[];
}

export class Playout {
  readonly #voice: StreamParameters['voice'];
  readonly #encoder: OpusEncoder;
  readonly #onEvent: (event: MouthEvent) => void;
  readonly #onSent: (samples: Int16Array, atMs: number) => void;
  readonly #queue: SegmentQueue;
  #gain = 1;
  #targetGain = 1;
  #held = false;
  #frame: Frame | undefined;
  #fade: Int16Array | undefined;
  #trailing = 0;
  #talking = false;
  #sequenceNumber = randomInt(0x1_0000);
  #timestamp = randomInt(0x1_0000_0000);
  #lastDeadlineMs: number | undefined;

  /** @param onSent called with the sound of every packet as it leaves, at the voice's rate. */
  constructor(
    voice: StreamParameters['voice'],
    onEvent: (event: MouthEvent) => void,
    options: OpusEncoderOptions = {},
    onSent: (samples: Int16Array, atMs: number) => void = () => undefined,
  ) {
    this.#voice = voice;
    this.#onEvent = onEvent;
    this.#onSent = onSent;
    this.#encoder = new OpusEncoder(voice.sampleRateHz, options);
    this.#queue = new SegmentQueue((MAX_QUEUED_MS * voice.sampleRateHz) / 1_000);
  }

  /**
   * Adds sound to a segment; `last` closes it.
   * @returns false when 30 s wait already and the sound was refused: what is about to be heard is never thrown away.
   */
  play(segmentId: number, samples: Int16Array, last: boolean, nowMs: number): boolean {
    const accepted = this.#queue.add(segmentId, samples, last, nowMs);
    this.#finishSegments(nowMs);
    // Silence that was only prepared because nothing better was there makes way.
    if (this.#frame?.spans.length === 0 && !this.#queue.empty) {
      this.#frame = undefined;
      this.#trailing++;
    }
    return accepted;
  }

  /** Drops everything that has not left. */
  stop(nowMs: number): void {
    if (this.#frame && this.#frame.spans.length > 0) {
      const fade = this.#frame.samples.slice(0, (this.#voice.sampleRateHz * FADE_MS) / 1_000);
      ramp(fade, 1, 0);
      if (this.#talking) this.#fade = fade;
      this.#frame = undefined;
    }
    for (const { id, sent } of this.#queue.clear()) {
      this.#onEvent({ type: 'stopped', segmentId: id, samples: sent, atMs: nowMs });
    }
  }

  /** @param gain factor, 0 to 1; reached evenly over the next frame. */
  setGain(gain: number): void {
    this.#targetGain = Math.min(1, Math.max(0, gain));
  }

  /** Lets the voice pause where it is, fading out over the next frame, and go on with what comes after it. */
  setHeld(held: boolean): void {
    this.#held = held;
  }

  /** Encodes the next frame, if there is one to send and it is not ready yet; false when the mouth has nothing to say. */
  prepare(): boolean {
    if (this.#frame) return true;
    const samples = new Int16Array(this.#encoder.frameSamples);
    const gain = this.#held ? 0 : this.#targetGain;
    const spans = this.#held && this.#gain === 0 ? [] : this.#queue.take(samples);
    if (spans.length > 0) {
      this.#trailing = TRAILING_FRAMES;
    } else if (this.#talking && this.#trailing > 0) {
      this.#trailing--;
    } else {
      this.#talking = false;
      return false;
    }
    ramp(samples, this.#gain, gain);
    this.#gain = gain;
    if (this.#fade) {
      // Fades only into silence; a new segment begins with its own sound.
      if (spans.length === 0) samples.set(this.#fade);
      this.#fade = undefined;
    }
    this.#frame = { payload: this.#encoder.encode(samples), samples, spans };
    return true;
  }

  /**
   * The prepared frame as a packet that leaves now, or `undefined` when there is none.
   * @param deadlineMs the time of the frame in the pacer's even course; media time follows it.
   */
  next(deadlineMs: number, nowMs: number): Buffer | undefined {
    const frame = this.#frame;
    if (!frame) return undefined;
    this.#frame = undefined;
    const passedMs = deadlineMs - (this.#lastDeadlineMs ?? deadlineMs - FRAME_MS);
    this.#lastDeadlineMs = deadlineMs;
    this.#timestamp = (this.#timestamp + Math.max(1, Math.round(passedMs * TICKS_PER_MS))) >>> 0;
    this.#sequenceNumber = (this.#sequenceNumber + 1) & 0xffff;
    const packet = serialiseRtp({
      marker: !this.#talking,
      payloadType: this.#voice.payloadType,
      sequenceNumber: this.#sequenceNumber,
      timestamp: this.#timestamp,
      ssrc: this.#voice.ssrc,
      payload: frame.payload,
    });
    this.#talking = true;
    this.#onSent(frame.samples, deadlineMs);
    this.#report(frame, nowMs);
    return packet;
  }

  /** Frees the encoder and forgets the queue, without events. Idempotent. */
  close(): void {
    this.#queue.clear();
    this.#frame = undefined;
    this.#encoder.close();
  }

  #report(frame: Frame, nowMs: number): void {
    for (const { segment, start, samples } of frame.spans) {
      const segmentId = segment.id;
      if (!segment.started && peak(frame.samples, start, start + samples) >= AUDIBLE_PEAK) {
        segment.started = true;
        this.#onEvent({ type: 'started', segmentId, atMs: nowMs });
      }
      segment.sent += samples;
      if (nowMs - segment.reportedAtMs >= PROGRESS_EVERY_MS) {
        segment.reportedAtMs = nowMs;
        this.#onEvent({ type: 'progress', segmentId, samples: segment.sent, atMs: nowMs });
      }
      this.#finishSegments(nowMs);
    }
  }

  #finishSegments(nowMs: number): void {
    for (let segment; (segment = this.#queue.finish());) {
      const { id: segmentId, sent: samples } = segment;
      if (!segment.started) this.#onEvent({ type: 'started', segmentId, atMs: nowMs });
      this.#onEvent({ type: 'finished', segmentId, samples, atMs: nowMs });
    }
  }
}
