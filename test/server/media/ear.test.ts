import { afterEach, describe, expect, it } from 'vitest';
import { Ear, type EarWindow } from '../../../server/media/ear.js';
import { newMediaCounts } from '../../../server/media/media-counting.js';
import { peak } from '../../../server/media/pcm.js';
import { serialiseRtp } from '../../../server/media/rtp-packet.js';
import { disturb, PacketSource, seededRandom, tone, type TimedDatagram } from '../../fakes/packet-source.js';

const MEDIASOUP = 5_000;
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

function listen(maxDecodeErrors = 500) {
  const source = new PacketSource();
  const counts = newMediaCounts();
  const windows: EarWindow[] = [];
  const { ssrc, payloadType } = source;
  const ear = new Ear(
    {
      remotePort: MEDIASOUP,
      microphone: { ssrc, payloadType },
      voice: { ssrc: 1, payloadType: 1, sampleRateHz: 16_000 },
    },
    counts,
    (window) => windows.push(window),
    0,
    { maxDecodeErrors },
  );
  closing.push(() => (ear.close(), source.close()));
  /** Lets packets arrive at their times, and time pass in between. */
  const receive = (packets: readonly TimedDatagram[], untilMs: number): void => {
    let next = 0;
    for (let nowMs = 0; nowMs <= untilMs; nowMs += 10) {
      for (let packet; (packet = packets[next]) && packet.atMs <= nowMs; next++) {
        ear.receive(packet.data, MEDIASOUP, packet.atMs);
      }
      ear.tick(nowMs);
    }
  };
  return { ear, source, counts, windows, receive };
}

describe('ear', () => {
  it('hears an even stream as windows without gaps, none of it made up', () => {
    const { source, windows, counts, receive } = listen();
    receive(source.packets(tone(440, 2_000, 16_000), 16_000), 1_999);
    expect(windows.map(({ position }) => position)).toEqual(Array.from({ length: 62 }, (_, i) => i * 512));
    expect(windows.every(({ concealed }) => concealed === 0)).toBe(true);
    // The last sample of the first window is in the second packet.
    expect(windows[0]?.receivedAtMs).toBe(20);
    expect(counts).toMatchObject({ packetsReceived: 100, framesConcealed: 0, decodeErrors: 0 });
  });

  it('keeps media time and counts what it made up while the network loses, reorders and repeats', () => {
    const { source, windows, counts, receive } = listen();
    const packets = source.packets(tone(440, 4_000, 16_000), 16_000);
    const disturbed = disturb(packets, {
      loss: 0.1,
      reordered: 0.05,
      duplicates: 0.05,
      random: seededRandom(2),
    });
    receive(disturbed, 4_000);
    expect(windows.map(({ position }) => position)).toEqual(windows.map((_, i) => i * 512));
    expect(windows.length).toBeGreaterThanOrEqual(122);
    expect(windows.length).toBeLessThanOrEqual(126);
    const concealed = windows.reduce((sum, window) => sum + window.concealed, 0);
    expect(counts.framesConcealed).toBeGreaterThan(5);
    expect(concealed).toBeGreaterThan(0.9 * 320 * counts.framesConcealed);
    expect(counts.dropped.duplicate).toBeGreaterThan(3);
    // Concealed or not, the tone goes on.
    expect(windows.slice(2, 120).every(({ samples }) => peak(samples) > 4_000)).toBe(true);
  });

  it('goes on hearing silence when nothing comes any more', () => {
    const { source, windows, receive } = listen();
    receive(source.packets(tone(440, 1_000, 16_000), 16_000), 3_000);
    expect(windows.length).toBeGreaterThanOrEqual(90);
    expect(windows.at(-1)?.samples.every((sample) => sample === 0)).toBe(true);
    expect(windows.map(({ position }) => position)).toEqual(windows.map((_, i) => i * 512));
  });

  it('conceals payloads that the decoder refuses, and gives a stream of nothing else up', () => {
    const { ear, source, counts, windows } = listen(50);
    source
      .packets(tone(440, 40, 16_000), 16_000)
      .forEach(({ data, atMs }) => ear.receive(data, MEDIASOUP, atMs));
    // Code 3 with no frame count: no decoder takes it.
    for (let i = 2; i < 52; i++) ear.receive(source.packet(Uint8Array.of(0xff)).data, MEDIASOUP, i * 20);
    expect(counts.decodeErrors).toBe(50);
    expect(counts.framesConcealed).toBe(50);
    expect(windows).toHaveLength(32);
    expect(ear.failure).toBeUndefined();
    ear.receive(source.packet(Uint8Array.of(0xff)).data, MEDIASOUP, 52 * 20);
    expect(ear.failure).toMatch(/no Opus/);
  });

  it('drops and counts what is not of its stream', () => {
    const { ear, source, counts, windows } = listen();
    const [good] = source.packets(tone(440, 20, 16_000), 16_000);
    if (!good) throw new Error('no packet');
    const forged = (change: object): Buffer =>
      serialiseRtp({
        marker: false,
        payloadType: source.payloadType,
        sequenceNumber: 1,
        timestamp: 0,
        ssrc: source.ssrc,
        payload: Uint8Array.of(1, 2, 3),
        ...change,
      });
    ear.receive(good.data, MEDIASOUP + 1, 0);
    ear.receive(forged({ ssrc: 99 }), MEDIASOUP, 0);
    ear.receive(forged({ payloadType: 99 }), MEDIASOUP, 0);
    ear.receive(forged({ payload: new Uint8Array(1_276) }), MEDIASOUP, 0);
    ear.receive(forged({ payload: new Uint8Array(0) }), MEDIASOUP, 0);
    ear.receive(Buffer.from('hello'), MEDIASOUP, 0);
    // A sender report is no mistake: mediasoup multiplexes RTCP onto the port.
    ear.receive(Buffer.from([0x80, 200, 0, 6]), MEDIASOUP, 0);
    expect(counts.dropped).toEqual({
      source: 1,
      ssrc: 1,
      payloadType: 1,
      malformed: 3,
      duplicate: 0,
      late: 0,
      overflow: 0,
    });
    expect(counts.packetsReceived).toBe(0);
    expect(windows).toHaveLength(0);
  });

  it('survives random bytes behind a right header', () => {
    const { ear, source, windows } = listen();
    const random = seededRandom(11);
    for (let i = 0; i < 2_000; i++) {
      const payload = Uint8Array.from({ length: 1 + Math.floor(random() * 300) }, () => random() * 256);
      ear.receive(source.packet(payload).data, MEDIASOUP, i * 20);
    }
    // Packets may claim 120 ms each, but media time runs at most half as fast again as the clock.
    expect(windows.length * 32).toBeLessThan(1.5 * 40_000 + 3_100);
    expect(windows.length * 32).toBeGreaterThan(39_000);
  });

  it('gives up who floods: what is faster than real time is thrown away, and soon the call ends', () => {
    const { ear, source, windows, counts } = listen();
    const payload = source.packets(tone(440, 20, 16_000), 16_000)[0]?.data.subarray(12) ?? Buffer.alloc(3);
    let nowMs = 0;
    // 5,000 packets a second, a hundred times real time.
    for (; nowMs < 5_000 && ear.failure === undefined; nowMs++)
      for (let i = 0; i < 5; i++) ear.receive(source.packet(payload).data, MEDIASOUP, nowMs);
    expect(ear.failure).toMatch(/far more packets/);
    expect(nowMs).toBeLessThan(2_000);
    expect(counts.dropped.overflow).toBeGreaterThan(1_900);
    expect(windows.length * 32).toBeLessThan(1.5 * nowMs + 3_100);
  });

  it('bears the shortest frames, repeats of one packet in four, and a second that comes all at once', () => {
    const { ear, source, counts } = listen();
    const payload = Uint8Array.of(0x80, 1, 2);
    let sent = 0;
    for (let nowMs = 0; nowMs < 20_000; nowMs += 20) {
      const count = nowMs === 10_000 ? 400 : nowMs > 10_000 && nowMs < 11_000 ? 0 : 8;
      for (let i = 0; i < count; i++) {
        const data = serialiseRtp({
          marker: false,
          payloadType: source.payloadType,
          ssrc: source.ssrc,
          sequenceNumber: (1_000 + sent) & 0xffff,
          timestamp: sent * 120,
          payload,
        });
        ear.receive(data, MEDIASOUP, nowMs);
        if (sent++ % 4 === 0) ear.receive(data, MEDIASOUP, nowMs);
      }
      ear.tick(nowMs);
    }
    expect(counts.dropped).toMatchObject({ overflow: 0, duplicate: sent / 4 });
    expect(ear.failure).toBeUndefined();
  });

  it('bears packets with bits turned over', () => {
    const { ear, source, windows, counts } = listen(1_000_000);
    const good = source.packets(tone(440, 1_000, 16_000), 16_000);
    const random = seededRandom(5);
    for (let i = 0; i < 20_000; i++) {
      const data = Buffer.from(good[i % good.length]?.data ?? []);
      for (let flips = random() * 8; flips > 0; flips--) {
        const at = Math.floor(random() * data.length);
        data[at] = (data[at] ?? 0) ^ (1 << (random() * 8));
      }
      ear.receive(data.subarray(0, random() < 0.1 ? random() * data.length : data.length), MEDIASOUP, i * 20);
    }
    const { dropped } = counts;
    expect(Math.min(dropped.malformed, dropped.ssrc, dropped.payloadType)).toBeGreaterThan(200);
    expect(windows.length * 32).toBeLessThan(1.5 * 400_000 + 3_100);
  });
});
