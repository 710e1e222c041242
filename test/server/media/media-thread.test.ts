/** The real media thread over real UDP: what goes in at the private port comes out as windows, and back as RTP. */
import type { Socket } from 'node:dgram';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createLogger } from '../../../server/log.js';
import { DEFAULT_MEDIA_THREAD_OPTIONS, MediaThread } from '../../../server/media/media-thread.js';
import type { HeardWindow, PlayoutEvent } from '../../../server/media/media-types.js';
import { parseRtp, type RtpPacket } from '../../../server/media/rtp-packet.js';
import { openSocket, PacketSource, sendPackets, tone } from '../../fakes/packet-source.js';

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

describe('media thread', () => {
  let thread: MediaThread;
  beforeAll(async () => {
    thread = await MediaThread.start(DEFAULT_MEDIA_THREAD_OPTIONS, logger);
  });
  afterAll(() => thread.shutdown());

  it('turns packets into windows without gaps', async () => {
    const call = await Call.open('a', thread);
    const sound = tone(440, 1_000, 16_000);
    await sendPackets(call.mediasoup, call.port, call.source.packets(sound, 16_000));
    await vi.waitFor(() => expect(call.heard.length).toBeGreaterThanOrEqual(31), { timeout: 5_000 });
    expect(call.heard.map(({ position }) => position)).toEqual(call.heard.map((_, i) => i * 512));
    const loud = call.heard.filter(({ samples }) => samples.some((sample) => Math.abs(sample) > 8_000));
    expect(loud.length).toBeGreaterThanOrEqual(29);
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
      expect((packet.timestamp - before.timestamp) >>> 0).toBe(960);
    }
    await call.close();
  });
});
