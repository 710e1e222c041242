/**
 * One caller's way in: datagrams are checked, put in order, decoded and cut into windows for voice activity
 * detection. What does not belong to the caller's stream is dropped and counted, and never an exception.
 */
import { HEARING_RATE_HZ, VAD_WINDOW_SAMPLES } from '../engines/engine-types.js';
import { JitterBuffer, type JitterBufferOptions, type SoundPiece } from './jitter-buffer.js';
import type { MediaCounts } from './media-counting.js';
import type { StreamParameters } from './media-types.js';
import { OpusDecoder } from './opus-codec.js';
import { opusPacketTicks, TICKS_PER_MS } from './opus-packet.js';
import { TokenBucket } from '../token-bucket.js';
import { isRtcp, MAX_PAYLOAD_BYTES, parseRtp } from './rtp-packet.js';

/** A window of a caller's sound, before anybody has judged it. */
export interface EarWindow {
  /** Position of its first sample in the caller's media time at 16 kHz. */
  position: number;
  /** When its last sample had arrived, monotonic milliseconds. */
  receivedAtMs: number;
  /** Samples that were made up. */
  concealed: number;
  samples: Int16Array;
}

export interface EarOptions extends JitterBufferOptions {
  /** Payloads refused by the decoder within ten seconds after which the stream is given up, default 500. */
  maxDecodeErrors?: number;
}

/** Packets that may be thrown away: more than networks repeat, and than a busy machine makes late. */
const WASTE_RATE = { perSecond: 100, burst: 2000 };
const DECODE_ERROR_PERIOD_MS = 10_000;
const FRAME_TICKS = 20 * TICKS_PER_MS;
const TICKS_PER_SAMPLE = (TICKS_PER_MS * 1_000) / HEARING_RATE_HZ;

export class Ear {
  readonly #stream: StreamParameters;
  readonly #counts: MediaCounts;
  readonly #onWindow: (window: EarWindow) => void;
  readonly #maxDecodeErrors: number;
  readonly #jitter: JitterBuffer;
  readonly #decoder = new OpusDecoder();
  #samples = new Int16Array(VAD_WINDOW_SAMPLES);
  #filled = 0;
  #concealed = 0;
  #position = 0;
  readonly #waste: TokenBucket;
  #wasted = false;
  #errors = 0;
  #errorsSinceMs = 0;

  /** @param onWindow called for every window of 512 samples as it becomes complete; owns the samples. */
  constructor(
    stream: StreamParameters,
    counts: MediaCounts,
    onWindow: (window: EarWindow) => void,
    nowMs: number,
    options: EarOptions = {},
  ) {
    this.#stream = stream;
    this.#counts = counts;
    this.#onWindow = onWindow;
    this.#maxDecodeErrors = options.maxDecodeErrors ?? 500;
    this.#waste = new TokenBucket(WASTE_RATE, nowMs);
    this.#jitter = new JitterBuffer(nowMs, options);
  }

  /** Why the stream is to be given up; undefined while it is well. */
  get failure(): string | undefined {
    if (this.#errors > this.#maxDecodeErrors) return 'Too many packets of the microphone were no Opus.';
    return this.#wasted ? 'The microphone sent far more packets than sound has.' : undefined;
  }

  /** Takes a datagram that came from `remotePort` on 127.0.0.1. */
  receive(data: Uint8Array, remotePort: number, nowMs: number): void {
    // Somebody else's packet is not the caller's fault.
    if (remotePort !== this.#stream.remotePort) {
      this.#counts.dropped.source++;
      return;
    }
    const dropped = this.#take(data, nowMs);
    if (dropped !== undefined) {
      this.#counts.dropped[dropped]++;
      if (!this.#waste.take(nowMs)) this.#wasted = true;
    }
    this.tick(nowMs);
  }

  /** @returns why the packet was thrown away. */
  #take(data: Uint8Array, nowMs: number): keyof MediaCounts['dropped'] | undefined {
    if (isRtcp(data)) return undefined;
    const packet = parseRtp(data);
    if (typeof packet === 'string') return 'malformed';
    const { microphone } = this.#stream;
    if (packet.ssrc !== microphone.ssrc) return 'ssrc';
    if (packet.payloadType !== microphone.payloadType) return 'payloadType';
    const { sequenceNumber, timestamp, payload } = packet;
    if (payload.length === 0 || payload.length > MAX_PAYLOAD_BYTES) return 'malformed';
    this.#counts.packetsReceived++;
    const ticks = opusPacketTicks(payload) ?? FRAME_TICKS;
    const outcome = this.#jitter.push({ sequenceNumber, timestamp, ticks, payload }, nowMs);
    return outcome === 'accepted' ? undefined : outcome;
  }

  /** Lets time pass: holes are given up and silence begins although nothing comes. To be called every 10 to 20 ms. */
  tick(nowMs: number): void {
    for (const piece of this.#jitter.take(nowMs)) this.#hear(piece);
  }

  /** Frees the decoder. Idempotent; nothing may be received afterwards. */
  close(): void {
    this.#decoder.close();
  }

  #hear(piece: SoundPiece): void {
    if (piece.type === 'silence') {
      this.#append(undefined, piece.ticks / TICKS_PER_SAMPLE, false, piece.arrivedAtMs);
      return;
    }
    const ticks = piece.type === 'lost' ? piece.ticks : piece.packet.ticks;
    const samples = piece.type === 'packet' ? this.#decoder.decode(piece.packet.payload) : undefined;
    if (samples) {
      this.#append(samples, samples.length, false, piece.arrivedAtMs);
      return;
    }
    if (piece.type === 'packet') this.#countDecodeError(piece.arrivedAtMs);
    this.#counts.framesConcealed += Math.ceil(ticks / FRAME_TICKS);
    const made = new Int16Array(ticks / TICKS_PER_SAMPLE);
    this.#decoder.conceal(made);
    this.#append(made, made.length, true, piece.arrivedAtMs);
  }

  /** @param samples `undefined` for silence. */
  #append(samples: Int16Array | undefined, count: number, concealed: boolean, arrivedAtMs: number): void {
    for (let at = 0; at < count;) {
      const step = Math.min(count - at, VAD_WINDOW_SAMPLES - this.#filled);
      // A new window is all zero already.
      if (samples) this.#samples.set(samples.subarray(at, at + step), this.#filled);
      if (concealed) this.#concealed += step;
      this.#filled += step;
      at += step;
      if (this.#filled === VAD_WINDOW_SAMPLES) this.#finishWindow(arrivedAtMs);
    }
  }

  #finishWindow(receivedAtMs: number): void {
    const window = {
      position: this.#position,
      receivedAtMs,
      concealed: this.#concealed,
      samples: this.#samples,
    };
    this.#position += VAD_WINDOW_SAMPLES;
    this.#samples = new Int16Array(VAD_WINDOW_SAMPLES);
    this.#filled = 0;
    this.#concealed = 0;
    this.#onWindow(window);
  }

  #countDecodeError(nowMs: number): void {
    this.#counts.decodeErrors++;
    if (nowMs - this.#errorsSinceMs > DECODE_ERROR_PERIOD_MS) {
      this.#errorsSinceMs = nowMs;
      this.#errors = 0;
    }
    this.#errors++;
  }
}
