import { afterEach, describe, expect, it } from 'vitest';
import type { SpeakingRateHz } from '../../../server/engines/engine-types.js';
import { OpusDecoder, OpusEncoder } from '../../../server/media/opus-codec.js';
import { opusPacketTicks } from '../../../server/media/opus-packet.js';
import { seededRandom, tone } from '../../fakes/packet-source.js';

const opened: { close(): void }[] = [];
function open<T extends { close(): void }>(codec: T): T {
  opened.push(codec);
  return codec;
}
afterEach(() => {
  for (const codec of opened.splice(0)) codec.close();
});

function loudness(samples: Int16Array): number {
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
}

/** Everything decoded of a sound, concealing the frames for which `lost` says so. */
function roundTrip(sound: Int16Array, rate: SpeakingRateHz, lost: (frame: number) => boolean = () => false) {
  const encoder = open(new OpusEncoder(rate));
  const decoder = open(new OpusDecoder());
  const result: Int16Array[] = [];
  for (let at = 0; at + encoder.frameSamples <= sound.length; at += encoder.frameSamples) {
    const payload = encoder.encode(sound.slice(at, at + encoder.frameSamples));
    expect(opusPacketTicks(payload)).toBe(960);
    const concealed = new Int16Array(320);
    if (lost(at / encoder.frameSamples)) decoder.conceal(concealed);
    result.push(
      lost(at / encoder.frameSamples) ? concealed : (decoder.decode(payload)?.slice() ?? concealed),
    );
  }
  return result;
}

describe('Opus codec', () => {
  it.each([8_000, 12_000, 16_000, 24_000, 48_000] as const)('carries sound from %i Hz to 16 kHz', (rate) => {
    const frames = roundTrip(tone(440, 1_000, rate), rate);
    expect(frames).toHaveLength(50);
    for (const frame of frames) expect(frame).toHaveLength(320);
    const level = loudness(tone(440, 1_000, 16_000));
    for (const frame of frames.slice(3)) {
      expect(loudness(frame)).toBeGreaterThan(0.8 * level);
      expect(loudness(frame)).toBeLessThan(1.2 * level);
    }
  });

  it('conceals a lost frame with sound like that around it, exactly as long as asked', () => {
    const frames = roundTrip(tone(440, 600, 48_000), 48_000, (frame) => frame === 15);
    const level = loudness(tone(440, 1_000, 16_000));
    for (const frame of frames.slice(15, 20)) expect(loudness(frame)).toBeGreaterThan(0.4 * level);

    const decoder = open(new OpusDecoder());
    const odd = new Int16Array(500).fill(1);
    decoder.conceal(odd);
    expect(odd.every((sample) => sample === 0)).toBe(true);
  });

  it('refuses or decodes whatever comes, and goes on', () => {
    const random = seededRandom(7);
    const encoder = open(new OpusEncoder(16_000));
    const decoder = open(new OpusDecoder());
    const speech = encoder.encode(tone(300, 20, 16_000));
    let refused = 0;
    for (let i = 0; i < 10_000; i++) {
      const garbage = Buffer.from(Array.from({ length: Math.floor(random() * 200) }, () => random() * 256));
      const samples = decoder.decode(garbage);
      if (samples) expect(samples.length).toBeLessThanOrEqual(1_920);
      else refused++;
      if (i % 100 === 0) decoder.conceal(new Int16Array(320));
    }
    expect(refused).toBeGreaterThan(1_000);
    expect(decoder.decode(new Uint8Array(0))).toBeUndefined();
    expect(decoder.decode(new Uint8Array(1_276))).toBeUndefined();
    expect(decoder.decode(new Uint8Array(100_000))).toBeUndefined();
    expect(decoder.decode(speech)).toHaveLength(320);
  });

  it('keeps callers apart and takes no more memory for the thousandth than for the first hundred', () => {
    const alone = roundTrip(tone(440, 200, 16_000), 16_000);
    // More than the memory that the module starts with, so that it has to grow in between.
    const crowd = Array.from({ length: 250 }, () => ({
      encoder: open(new OpusEncoder(16_000)),
      decoder: open(new OpusDecoder()),
    }));
    const sound = tone(440, 200, 16_000);
    for (const [frame, expected] of alone.entries()) {
      const samples = sound.slice(frame * 320, (frame + 1) * 320);
      for (const { encoder, decoder } of crowd) {
        const decoded = decoder.decode(encoder.encode(samples));
        expect(decoded && Buffer.from(decoded.slice().buffer).equals(Buffer.from(expected.buffer))).toBe(
          true,
        );
      }
    }
    for (const { encoder, decoder } of crowd) {
      encoder.close();
      decoder.close();
    }
    const beforeMiB = process.memoryUsage().arrayBuffers / 2 ** 20;
    for (let i = 0; i < 1_000; i++) {
      const encoder = new OpusEncoder(24_000);
      encoder.encode(new Int16Array(480));
      encoder.close();
    }
    expect(process.memoryUsage().arrayBuffers / 2 ** 20 - beforeMiB).toBeLessThan(5);
  });

  it('is closed twice without harm and takes only whole frames', () => {
    const encoder = new OpusEncoder(16_000);
    expect(() => encoder.encode(new Int16Array(100))).toThrow(RangeError);
    encoder.close();
    encoder.close();
    expect(() => encoder.encode(new Int16Array(320))).toThrow();
    const decoder = new OpusDecoder();
    decoder.close();
    decoder.close();
    expect(decoder.decode(Uint8Array.of(0x48, 1, 2))).toBeUndefined();
  });
});
