/** The real media thread over real UDP: what goes in at the private port comes out as windows, and back as RTP. */
import type { Socket } from 'node:dgram';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { sileroModelPath } from '../../../server/engines/silero-vad.js';
import { MediaFailedError, ModelUnusableError } from '../../../server/errors.js';
import { createLogger } from '../../../server/log.js';
import { DEFAULT_MEDIA_THREAD_OPTIONS, MediaThread } from '../../../server/media/media-thread.js';
import {
  monotonicMs,
  type HeardWindow,
  type MediaCommand,
  type PlayoutEvent,
} from '../../../server/media/media-types.js';
import { parseRtp, type RtpPacket } from '../../../server/media/rtp-packet.js';
import {
  openSocket,
  PacketSource,
  seededRandom,
  sendPackets,
  tone,
  type TimedDatagram,
} from '../../fakes/packet-source.js';

const logger = createLogger('silent');
const VOICE = { ssrc: 77, payloadType: 111, sampleRateHz: 16_000 } as const;

/** One caller's stream with everything that came of it. */
class Call {
  readonly heard: HeardWindow[] = [];
  readonly events: PlayoutEvent[] = [];
  readonly failures: string[] = [];
  readonly received: RtpPacket[] = [];
  readonly source = new PacketSource();

  private constructor(
    readonly id: string,
    readonly thread: MediaThread,
    readonly mediasoup: Socket,
    readonly port: number,
  ) {
    mediasoup.on('message', (data) => {
      const packet = parseRtp(data);
      if (typeof packet !== 'string') this.received.push(packet);
    });
    thread.listen(id, {
      onHeard: (window) => this.heard.push(window),
      onPlayout: (event) => this.events.push(event),
      onFailed: (message) => this.failures.push(message),
    });
    const microphone = { ssrc: this.source.ssrc, payloadType: this.source.payloadType };
    thread.connect(id, { remotePort: mediasoup.address().port, microphone, voice: VOICE });
  }

  static async open(id: string, thread: MediaThread): Promise<Call> {
    const mediasoup = await openSocket();
    const { port } = await thread.open(id);
    return new Call(id, thread, mediasoup, port);
  }

  async close(): Promise<void> {
    await this.thread.close(this.id);
    this.source.close();
    this.mediasoup.close();
  }
}

/** UDP ports of this machine that are bound, from /proc. */
async function boundPorts(): Promise<Set<number>> {
  const lines = (await readFile('/proc/net/udp', 'utf8')).split('\n').slice(1);
  return new Set(lines.map((line) => parseInt(line.trim().split(/\s+/)[1]?.split(':')[1] ?? '', 16)));
}

describe('media thread', () => {
  let thread: MediaThread;
  beforeAll(async () => {
    thread = await MediaThread.start(DEFAULT_MEDIA_THREAD_OPTIONS, logger);
  });
  afterAll(() => thread.shutdown());

  it('turns packets into windows without gaps', async () => {
    const call = await Call.open('a', thread);
    await sendPackets(call.mediasoup, call.port, call.source.packets(tone(440, 1_000, 16_000), 16_000));
    await vi.waitFor(() => expect(call.heard.length).toBeGreaterThanOrEqual(31), { timeout: 5_000 });
    expect(call.heard.map(({ position }) => position)).toEqual(call.heard.map((_, i) => i * 512));
    const loud = call.heard.filter(({ samples }) => samples.some((sample) => Math.abs(sample) > 8_000));
    expect(loud.length).toBeGreaterThanOrEqual(29);
    for (const { receivedAtMs } of call.heard) expect(receivedAtMs).toBeLessThanOrEqual(monotonicMs());
    await call.close();
    expect(thread.sessions).toBe(0);
  });

  it('plays a segment as RTP and says how far it came', async () => {
    const call = await Call.open('b', thread);
    thread.play('b', 1, tone(300, 500, 16_000), true);
    await vi.waitFor(() => expect(call.events.at(-1)).toMatchObject({ type: 'finished', samples: 8_000 }), {
      timeout: 5_000,
    });
    expect(call.events[0]).toMatchObject({ type: 'started', segmentId: 1 });
    await vi.waitFor(() => expect(call.received.length).toBe(35), { timeout: 5_000 });
    expect(call.received.map(({ marker }) => marker)).toEqual(call.received.map((_, i) => i === 0));
    for (const [i, packet] of call.received.entries()) {
      const before = call.received[i - 1];
      if (!before) continue;
      expect((packet.sequenceNumber - before.sequenceNumber) & 0xffff).toBe(1);
      // A machine that is busy with other things may make the pacer skip, but only by whole frames.
      expect(((packet.timestamp - before.timestamp) >>> 0) % 960).toBe(0);
    }
    await call.close();
  });

  it('stops a voice at once and says where', async () => {
    const call = await Call.open('c', thread);
    thread.play('c', 1, tone(300, 10_000, 16_000), true);
    await vi.waitFor(() => expect(call.received.length).toBeGreaterThan(10), { timeout: 5_000 });
    thread.stopPlayout('c');
    await vi.waitFor(() => expect(call.events.at(-1)?.type).toBe('stopped'), { timeout: 5_000 });
    const stopped = call.events.at(-1);
    if (stopped?.type !== 'stopped') throw new Error('not stopped');
    // Ten frames of silence follow what was heard.
    await vi.waitFor(() => expect(call.received).toHaveLength(stopped.samples / 320 + 10), {
      timeout: 5_000,
    });
    await call.close();
  });

  it('drops and counts what others send to the private port, and the stream does not notice', async () => {
    const call = await Call.open('d', thread);
    const intruder = await openSocket();
    const before = thread.counters;
    const packets = call.source.packets(tone(440, 1_500, 16_000), 16_000);
    const good = packets.map(({ data }) => parseRtp(data));
    const speaking = sendPackets(call.mediasoup, call.port, packets);

    const random = seededRandom(17);
    const forged: TimedDatagram[] = Array.from({ length: 300 }, (_, i) => ({
      atMs: i * 4,
      // The very packets of the stream, one ahead of their time, and random bytes in between.
      data:
        i % 2 === 0
          ? (packets[i % 70]?.data ?? Buffer.alloc(0))
          : Buffer.from(Array.from({ length: 80 }, () => random() * 256)),
    }));
    await sendPackets(intruder, call.port, forged);
    // From mediasoup's own port, but not of this stream.
    const stray = new PacketSource({ ssrc: 4_711 });
    for (let i = 0; i < 5; i++) {
      call.mediasoup.send(stray.packet(Uint8Array.of(0x48, i)).data, call.port, '127.0.0.1');
      call.mediasoup.send(Buffer.alloc(1_300, i), call.port, '127.0.0.1');
    }
    await speaking;

    await vi.waitFor(
      () => {
        const { dropped } = thread.counters;
        expect(dropped.source - before.dropped.source).toBe(300);
        expect(dropped.ssrc - before.dropped.ssrc).toBe(5);
        expect(dropped.malformed - before.dropped.malformed).toBe(5);
        expect(thread.counters.packetsReceived - before.packetsReceived).toBe(good.length);
      },
      { timeout: 10_000 },
    );
    expect(thread.counters.framesConcealed).toBe(before.framesConcealed);
    const loud = call.heard.filter(({ samples }) => samples.some((sample) => Math.abs(sample) > 8_000));
    expect(loud.length).toBeGreaterThanOrEqual(44);
    expect(call.failures).toEqual([]);
    stray.close();
    intruder.close();
    await call.close();
  });

  it('serves two callers apart', async () => {
    const calls = [await Call.open('e', thread), await Call.open('f', thread)];
    const [first, second] = calls;
    if (!first || !second) throw new Error('no calls');
    thread.play('e', 1, tone(300, 300, 16_000), true);
    await sendPackets(second.mediasoup, second.port, second.source.packets(tone(440, 500, 16_000), 16_000));
    await vi.waitFor(() => expect(first.events.at(-1)?.type).toBe('finished'), { timeout: 5_000 });
    await vi.waitFor(() => expect(second.heard.length).toBeGreaterThan(14), { timeout: 5_000 });
    expect(first.heard.every(({ samples }) => samples.every((sample) => sample === 0))).toBe(true);
    expect(second.events).toEqual([]);
    expect(second.received).toEqual([]);
    expect([...first.heard, ...second.heard].map(({ sessionId }) => sessionId)).toEqual([
      ...first.heard.map(() => 'e'),
      ...second.heard.map(() => 'f'),
    ]);
    await Promise.all(calls.map((call) => call.close()));
  });

  it('gives up a stream of nothing but rubbish, and that one alone', async () => {
    const bad = await Call.open('g', thread);
    const good = await Call.open('h', thread);
    for (let i = 0; i < 520; i++) {
      bad.mediasoup.send(bad.source.packet(Uint8Array.of(0xff)).data, bad.port, '127.0.0.1');
      // Not faster than a socket and the rate limit take it.
      if (i % 4 === 0) await new Promise((resolve) => setTimeout(resolve, 45));
    }
    await vi.waitFor(() => expect(bad.failures).toHaveLength(1), { timeout: 10_000 });
    expect(bad.failures[0]).toContain('no Opus');
    const before = good.heard.length;
    await vi.waitFor(() => expect(good.heard.length).toBeGreaterThan(before), { timeout: 5_000 });
    await bad.close();
    await good.close();
  });

  it('gives every port back, also one that is closed while it is being opened', async () => {
    const ports: number[] = [];
    for (let i = 0; i < 50; i++) {
      const id = `cycle ${i}`;
      const opening = thread.open(id);
      if (i % 5 !== 0) {
        ports.push((await opening).port);
        thread.play(id, 1, tone(300, 100, 16_000), true);
      }
      await thread.close(id);
      ports.push((await opening).port);
    }
    const bound = await boundPorts();
    expect(ports.filter((port) => bound.has(port))).toEqual([]);
    expect(thread.sessions).toBe(0);
    await vi.waitFor(() => expect(thread.counters.sessions).toBe(0), { timeout: 5_000 });
  });

  it('refuses a second stream of the same name and ignores commands for none', async () => {
    await thread.open('twice');
    await expect(thread.open('twice')).rejects.toThrow(MediaFailedError);
    await thread.close('twice');
    await thread.close('twice');
    thread.play('nobody', 1, tone(300, 20, 16_000), true);
    thread.stopPlayout('nobody');
    thread.gain('nobody', 0.5);
    await thread.open('afterwards');
    await thread.close('afterwards');
  });
});

describe('a media thread', () => {
  it('that ends on request leaves no port and answers no more', async () => {
    const thread = await MediaThread.start(DEFAULT_MEDIA_THREAD_OPTIONS, logger);
    const died = vi.fn();
    thread.onDied(died);
    const call = await Call.open('a', thread);
    thread.play('a', 1, tone(300, 5_000, 16_000), true);
    await sendPackets(call.mediasoup, call.port, call.source.packets(tone(440, 200, 16_000), 16_000));
    await thread.shutdown();
    await thread.shutdown();
    expect(await boundPorts()).not.toContain(call.port);
    await expect(thread.open('b')).rejects.toThrow(MediaFailedError);
    expect(died).not.toHaveBeenCalled();
    expect(call.failures).toEqual([]);
    await call.close();
  });

  it('that dies fails its streams and says so once', async () => {
    const thread = await MediaThread.start(DEFAULT_MEDIA_THREAD_OPTIONS, logger);
    const died = vi.fn();
    thread.onDied(died);
    const call = await Call.open('a', thread);
    // A fault of the thread's own code: the type keeps everybody else from sending it.
    thread['post']({ type: 'nonsense' } as unknown as MediaCommand);
    await vi.waitFor(() => expect(died).toHaveBeenCalledTimes(1), { timeout: 5_000 });
    expect(call.failures).toHaveLength(1);
    await expect(thread.open('b')).rejects.toThrow(MediaFailedError);
    await call.close();
    await thread.shutdown();
    expect(await boundPorts()).not.toContain(call.port);
  });

  it('that is killed fails its streams and gives its ports back', async () => {
    const thread = await MediaThread.start(DEFAULT_MEDIA_THREAD_OPTIONS, logger);
    const died = vi.fn();
    thread.onDied(died);
    const call = await Call.open('a', thread);
    thread.play('a', 1, tone(300, 5_000, 16_000), true);
    await vi.waitFor(() => expect(call.received.length).toBeGreaterThan(3), { timeout: 5_000 });
    expect(thread.pid).toBeGreaterThan(1);
    process.kill(thread.pid ?? NaN, 'SIGKILL');
    await vi.waitFor(() => expect(died).toHaveBeenCalledTimes(1), { timeout: 5_000 });
    expect(call.failures).toHaveLength(1);
    expect(await boundPorts()).not.toContain(call.port);
    await call.close();
  });

  it('does not start with a model that is cut in half', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'media-thread-'));
    const vadModelPath = join(folder, 'half.onnx');
    const whole = await readFile(sileroModelPath());
    await writeFile(vadModelPath, whole.subarray(0, whole.length / 2));
    const starting = MediaThread.start({ ...DEFAULT_MEDIA_THREAD_OPTIONS, vadModelPath }, logger);
    await expect(starting).rejects.toThrow(ModelUnusableError);
    await expect(starting).rejects.toThrow(vadModelPath);
    await rm(folder, { recursive: true });
  });
});
