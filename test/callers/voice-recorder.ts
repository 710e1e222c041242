/** What a caller hears: the agent's packets decoded, with their arrival times, and what is missing between them. */
import { OpusDecoder } from '../../server/media/opus-codec.js';
import { monotonicMs } from '../../server/media/media-types.js';
import { isAudible } from './opus-clip.js';

/** 20 ms at Opus's own clock. */
const FRAME_TICKS = 960;
const TICKS_PER_MS = 48;
/** What the jitter buffer of a browser bears on a good network, ms. */
const LATE_MS = 20;
/** Sound that is kept, packets: a minute. */
const MOST_FRAMES = 3000;

/** One packet's sound. */
export interface HeardFrame {
  arrivedAtMs: number;
  samples: Int16Array;
  audible: boolean;
}

/** How well the voice came. */
export interface VoiceQuality {
  packets: number;
  /** Sequence numbers that never came. */
  lost: number;
  /** Frames by which the timestamps jump within a stretch of speech: skipped by the sender. */
  skipped: number;
  /** Packets that came after a later one. */
  reordered: number;
  /** Packets that the decoder refused. */
  undecodable: number;
  /** Packets that came more than {@link LATE_MS} after their time, counted from the first of their stretch of speech. */
  late: number;
  /** Longest wait for a packet beyond its 20 ms within a stretch of speech, ms. */
  longestGapMs: number;
}

export class VoiceRecorder {
  readonly #decoder = new OpusDecoder();
  #frames: HeardFrame[] = [];
  /** The first packet of the stretch of speech. */
  #first: { timestamp: number; atMs: number } | undefined;
  #last: { sequence: number; timestamp: number; atMs: number } | undefined;
  readonly #quality: VoiceQuality = {
    packets: 0,
    lost: 0,
    skipped: 0,
    reordered: 0,
    undecodable: 0,
    late: 0,
    longestGapMs: 0,
  };

  /** Takes a packet of the agent's voice. */
  take(packet: { marker: boolean; sequenceNumber: number; timestamp: number }, payload: Buffer): void {
    const arrivedAtMs = monotonicMs();
    this.#measure(packet, arrivedAtMs);
    const samples = this.#decoder.decode(payload);
    if (samples === undefined) {
      this.#quality.undecodable++;
      return;
    }
    this.#frames.push({ arrivedAtMs, samples: samples.slice(), audible: isAudible(samples) });
    if (this.#frames.length > MOST_FRAMES) this.#frames.shift();
  }

  /** Since the call began. */
  get quality(): Readonly<VoiceQuality> {
    return { ...this.#quality };
  }

  get lastArrivalMs(): number | undefined {
    return this.#last?.atMs;
  }

  /** Hands out what has been heard since the last time, oldest first. */
  takeFrames(): HeardFrame[] {
    const frames = this.#frames;
    this.#frames = [];
    return frames;
  }

  close(): void {
    this.#decoder.close();
  }

  #measure(
    { marker, sequenceNumber, timestamp }: { marker: boolean; sequenceNumber: number; timestamp: number },
    atMs: number,
  ): void {
    const quality = this.#quality;
    quality.packets++;
    if (marker || this.#first === undefined) this.#first = { timestamp, atMs };
    const dueMs = this.#first.atMs + ((timestamp - this.#first.timestamp) >>> 0) / TICKS_PER_MS;
    if (atMs - dueMs > LATE_MS) quality.late++;
    const last = this.#last;
    if (last === undefined) {
      this.#last = { sequence: sequenceNumber, timestamp, atMs };
      return;
    }
    const step = (sequenceNumber - last.sequence) & 0xffff;
    if (step === 0 || step > 0x7fff) {
      // It had been counted as lost when the later one came.
      quality.reordered++;
      quality.lost--;
      return;
    }
    quality.lost += step - 1;
    if (!marker) {
      const frames = ((timestamp - last.timestamp) >>> 0) / FRAME_TICKS;
      quality.skipped += Math.max(0, Math.round(frames) - step);
      quality.longestGapMs = Math.max(quality.longestGapMs, atMs - last.atMs - 20);
    }
    this.#last = { sequence: sequenceNumber, timestamp, atMs };
  }
}
