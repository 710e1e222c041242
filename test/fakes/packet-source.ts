/** A microphone for tests: sound becomes Opus RTP packets, with loss, reordering and duplicates on request. */
import { createSocket, type Socket } from 'node:dgram';
import type { SpeakingRateHz } from '../../server/engines/engine-types.js';
import { OpusEncoder } from '../../server/media/opus-codec.js';
import { serialiseRtp } from '../../server/media/rtp-packet.js';

export interface PacketSourceOptions {
  ssrc?: number;
  payloadType?: number;
  /** First sequence number and timestamp; default 1,000 and 0. */
  sequenceNumber?: number;
  timestamp?: number;
}

/** One datagram and when it is to be sent, milliseconds from the start of the sound. */
export interface TimedDatagram {
  atMs: number;
  data: Buffer;
}

/** Encodes sound into datagrams of 20 ms; further calls continue the same stream. */
export class PacketSource {
  readonly ssrc: number;
  readonly payloadType: number;
  #sequenceNumber: number;
  #timestamp: number;
  #frames = 0;
  #encoder: OpusEncoder | undefined;

  constructor(options: PacketSourceOptions = {}) {
    this.ssrc = options.ssrc ?? 0x1234_5678;
    this.payloadType = options.payloadType ?? 100;
    this.#sequenceNumber = options.sequenceNumber ?? 1_000;
    this.#timestamp = options.timestamp ?? 0;
  }

  /** Packets of the sound; the rest beyond whole frames of 20 ms is left out. */
  packets(samples: Int16Array, sampleRateHz: SpeakingRateHz): TimedDatagram[] {
    const encoder = (this.#encoder ??= new OpusEncoder(sampleRateHz));
    const result: TimedDatagram[] = [];
    for (let at = 0; at + encoder.frameSamples <= samples.length; at += encoder.frameSamples) {
      result.push(this.packet(encoder.encode(samples.slice(at, at + encoder.frameSamples))));
    }
    return result;
  }

  /** One packet with a payload of one's own. */
  packet(payload: Uint8Array): TimedDatagram {
    const data = serialiseRtp({
      marker: this.#frames === 0,
      payloadType: this.payloadType,
      sequenceNumber: this.#sequenceNumber,
      timestamp: this.#timestamp,
      ssrc: this.ssrc,
      payload,
    });
    this.#sequenceNumber = (this.#sequenceNumber + 1) & 0xffff;
    this.#timestamp = (this.#timestamp + 960) >>> 0;
    return { atMs: 20 * this.#frames++, data };
  }

  /** A pause without packets, as DTX makes it: the timestamp goes on, the sequence number does not. */
  pause(frames: number): void {
    this.#timestamp = (this.#timestamp + 960 * frames) >>> 0;
    this.#frames += frames;
  }

  close(): void {
    this.#encoder?.close();
  }
}

/** What the network does to packets. `random` gives numbers in [0, 1), so that a test can repeat itself. */
export interface NetworkFaults {
  /** Shares of all packets, 0 to 1. */
  loss?: number;
  duplicates?: number;
  reordered?: number;
  /** By how much a reordered packet is late, milliseconds; default 30. */
  reorderMs?: number;
  random?: () => number;
}

export function disturb(packets: readonly TimedDatagram[], faults: NetworkFaults): TimedDatagram[] {
  const random = faults.random ?? seededRandom(1);
  const result: TimedDatagram[] = [];
  for (const { atMs, data } of packets) {
    if (random() < (faults.loss ?? 0)) continue;
    const late = random() < (faults.reordered ?? 0) ? (faults.reorderMs ?? 30) : 0;
    result.push({ atMs: atMs + late, data });
    if (random() < (faults.duplicates ?? 0)) result.push({ atMs: atMs + late + 1, data });
  }
  return result.sort((a, b) => a.atMs - b.atMs);
}

/** Numbers in [0, 1) that are the same in every run (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Sends packets from a socket at their times, on absolute deadlines; `speed` 2 sends twice as fast. */
export async function sendPackets(
  socket: Socket,
  port: number,
  packets: readonly TimedDatagram[],
  speed = 1,
): Promise<void> {
  const startMs = performance.now();
  for (const { atMs, data } of packets) {
    const waitMs = startMs + atMs / speed - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    socket.send(data, port, '127.0.0.1');
  }
}

/** A UDP socket on a free port of 127.0.0.1. */
export async function openSocket(): Promise<Socket> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return socket;
}

/** A tone of half amplitude. */
export function tone(frequencyHz: number, durationMs: number, sampleRateHz: number): Int16Array {
  const samples = new Int16Array((durationMs * sampleRateHz) / 1_000);
  for (let i = 0; i < samples.length; i++) {
    samples[i] = 16_000 * Math.sin((2 * Math.PI * frequencyHz * i) / sampleRateHz);
  }
  return samples;
}
