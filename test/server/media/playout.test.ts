import { afterEach, describe, expect, it } from 'vitest';
import { OpusDecoder } from '../../../server/media/opus-codec.js';
import { peak } from '../../../server/media/pcm.js';
import { Playout, type MouthEvent } from '../../../server/media/playout.js';
import { parseRtp, type RtpPacket } from '../../../server/media/rtp-packet.js';
import { tone } from '../../fakes/packet-source.js';

const RATE = 16_000;
const FRAME = 320;
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A mouth with a pacer that the test turns by hand. */
class Mouth {
  readonly events: MouthEvent[] = [];
  readonly packets: RtpPacket[] = [];
  readonly playout = new Playout({ ssrc: 7, payloadType: 111, sampleRateHz: RATE }, (event) =>
    this.events.push(event),
  );
  nowMs = 0;

  constructor() {
    closing.push(() => this.playout.close());
  }

  play(segmentId: number, samples: Int16Array, last: boolean): boolean {
    return this.playout.play(segmentId, samples, last, this.nowMs);
  }

  /** One deadline; false when the mouth has nothing to say. */
  frame(): boolean {
    this.nowMs += 20;
    if (!this.playout.prepare()) return false;
    const packet = parseRtp(this.playout.next(this.nowMs, this.nowMs) ?? new Uint8Array(0));
    if (typeof packet === 'string') throw new Error(packet);
    this.packets.push(packet);
    return true;
  }

  /** All frames until the mouth falls silent. */
  drain(): number {
    let frames = 0;
    while (this.frame()) frames++;
    return frames;
  }

  /** Loudest sample of each packet, as a listener decodes it. */
  heard(): number[] {
    const decoder = new OpusDecoder();
    const peaks = this.packets.map(({ payload }) => peak(decoder.decode(payload) ?? new Int16Array(0)));
    decoder.close();
    return peaks;
  }

  types(): string[] {
    return this.events
      .filter(({ type }) => type !== 'progress')
      .map(({ type, segmentId }) => `${type} ${segmentId}`);
  }
}

describe('playout', () => {
  it('sends a segment, 200 ms of silence, and then nothing', () => {
    const mouth = new Mouth();
    mouth.play(1, tone(300, 200, RATE), true);
    expect(mouth.drain()).toBe(20);
    expect(mouth.types()).toEqual(['started 1', 'finished 1']);
    expect(mouth.events.at(-1)).toMatchObject({ samples: 3_200, atMs: 200 });
    expect(mouth.frame()).toBe(false);
  });

  it('keeps sequence numbers contiguous and timestamps at media time, with a marker for every talkspurt', () => {
    const mouth = new Mouth();
    mouth.play(1, tone(300, 100, RATE), true);
    mouth.drain();
    const first = mouth.packets.length;
    mouth.nowMs += 1_000;
    mouth.play(2, tone(300, 100, RATE), true);
    mouth.drain();
    expect(mouth.packets.flatMap(({ marker }, i) => (marker ? [i] : []))).toEqual([0, first]);
    for (const [i, packet] of mouth.packets.entries()) {
      const before = mouth.packets[i - 1];
      if (!before) continue;
      expect((packet.sequenceNumber - before.sequenceNumber) & 0xffff).toBe(1);
      // One idle deadline and a second lie between the talkspurts.
      expect((packet.timestamp - before.timestamp) >>> 0).toBe(i === first ? 48 * 1_040 : 960);
      expect(packet).toMatchObject({ ssrc: 7, payloadType: 111 });
    }
  });

  it('begins every stream at other numbers (RFC 3550, section 5.1)', () => {
    const starts = Array.from({ length: 8 }, () => {
      const mouth = new Mouth();
      mouth.play(1, tone(300, 20, RATE), true);
      mouth.frame();
      return `${mouth.packets[0]?.sequenceNumber} ${mouth.packets[0]?.timestamp}`;
    });
    expect(new Set(starts).size).toBe(8);
  });

  it('joins segments without a gap and finishes each when its last sample has left', () => {
    const mouth = new Mouth();
    mouth.play(1, tone(300, 50, RATE), true);
    mouth.play(2, tone(300, 50, RATE), true);
    mouth.drain();
    expect(mouth.packets).toHaveLength(5 + 10);
    expect(mouth.types()).toEqual(['started 1', 'finished 1', 'started 2', 'finished 2']);
    const finished = mouth.events.filter(({ type }) => type === 'finished');
    expect(finished).toMatchObject([
      { samples: 800, atMs: 60 },
      { samples: 800, atMs: 100 },
    ]);
    expect(
      mouth
        .heard()
        .slice(1, 5)
        .every((loudest) => loudest > 10_000),
    ).toBe(true);
  });

  it('plays segments in the order of their first sound, each to its end', () => {
    const mouth = new Mouth();
    mouth.play(1, tone(300, 20, RATE), false);
    mouth.play(2, tone(300, 20, RATE), true);
    for (let i = 0; i < 5; i++) mouth.frame();
    expect(mouth.types()).toEqual(['started 1']);
    mouth.play(1, tone(300, 20, RATE), true);
    mouth.drain();
    expect(mouth.types()).toEqual(['started 1', 'finished 1', 'started 2', 'finished 2']);
  });

  it('waits for more rather than tear a word, and ends a segment that is closed empty at once', () => {
    const mouth = new Mouth();
    mouth.play(1, tone(300, 30, RATE), false);
    mouth.frame();
    mouth.frame();
    expect(mouth.events).toMatchObject([{ type: 'started' }]);
    mouth.play(1, tone(300, 10, RATE), false);
    mouth.frame();
    expect(mouth.types()).toEqual(['started 1']);
    mouth.play(1, new Int16Array(0), true);
    expect(mouth.events.at(-1)).toMatchObject({ type: 'finished', samples: 640 });
  });

  it('stops within the frame, says exactly how far every segment came, and fades', () => {
    const mouth = new Mouth();
    mouth.play(1, tone(300, 400, RATE), true);
    mouth.play(2, tone(300, 400, RATE), true);
    for (let i = 0; i < 7; i++) mouth.frame();
    // The next frame is encoded already, and yet has not left.
    mouth.playout.prepare();
    mouth.playout.stop(mouth.nowMs);
    expect(mouth.events.slice(-2)).toMatchObject([
      { type: 'stopped', segmentId: 1, samples: 7 * FRAME },
      { type: 'stopped', segmentId: 2, samples: 0 },
    ]);
    expect(mouth.drain()).toBe(10);
    expect(Math.max(...mouth.heard().slice(9))).toBeLessThan(500);
    mouth.playout.stop(mouth.nowMs);
    expect(mouth.events.filter(({ type }) => type === 'stopped')).toHaveLength(2);
  });

  it('plays anew after a stop, without waiting for the silence that follows it', () => {
    const mouth = new Mouth();
    mouth.play(1, tone(300, 400, RATE), true);
    mouth.frame();
    mouth.playout.prepare();
    mouth.playout.stop(mouth.nowMs);
    mouth.frame();
    mouth.playout.prepare();
    mouth.play(2, tone(300, 20, RATE), true);
    mouth.frame();
    expect(mouth.types()).toEqual(['started 1', 'stopped 1', 'started 2', 'finished 2']);
    expect(mouth.packets.filter(({ marker }) => marker)).toHaveLength(1);
  });

  it('reports the start when the first audible packet leaves', () => {
    const mouth = new Mouth();
    const samples = new Int16Array(10 * FRAME);
    samples.set(tone(300, 100, RATE), 5 * FRAME);
    mouth.play(1, samples, true);
    mouth.drain();
    expect(mouth.events[0]).toMatchObject({ type: 'progress' });
    expect(mouth.events.find(({ type }) => type === 'started')).toMatchObject({ atMs: 120 });
  });

  it('reports progress at least every 200 ms', () => {
    const mouth = new Mouth();
    mouth.play(1, tone(300, 2_000, RATE), true);
    mouth.drain();
    const times = mouth.events.map(({ atMs }) => atMs);
    for (const [i, atMs] of times.entries()) expect(atMs - (times[i - 1] ?? 0)).toBeLessThanOrEqual(200);
    for (const event of mouth.events) {
      if (event.type === 'progress') expect(event.samples).toBe((event.atMs / 20) * FRAME);
    }
  });

  it('changes its volume over a frame', () => {
    const mouth = new Mouth();
    mouth.play(1, tone(300, 600, RATE), true);
    for (let i = 0; i < 10; i++) mouth.frame();
    mouth.playout.setGain(0.25);
    for (let i = 0; i < 10; i++) mouth.frame();
    mouth.playout.setGain(1);
    for (let i = 0; i < 10; i++) mouth.frame();
    const heard = mouth.heard();
    expect(heard[9]).toBeGreaterThan(13_000);
    expect(heard[18]).toBeLessThan(6_000);
    expect(heard[18]).toBeGreaterThan(2_500);
    expect(heard[29]).toBeGreaterThan(13_000);
  });
  it('pauses where it is and goes on there', () => {
    const mouth = new Mouth();
    mouth.play(1, tone(300, 400, RATE), true);
    for (let i = 0; i < 5; i++) mouth.frame();
    mouth.playout.setHeld(true);
    const paused = mouth.drain();
    // One frame to fade in, then the silence that ends a talkspurt.
    expect(paused).toBe(11);
    expect(Math.max(...mouth.heard().slice(8))).toBeLessThan(500);
    mouth.playout.setHeld(false);
    expect(mouth.drain()).toBe(14 + 10);
    expect(mouth.events.at(-1)).toMatchObject({ type: 'finished', samples: 20 * FRAME });
    expect(mouth.packets.filter(({ marker }) => marker)).toHaveLength(2);
  });

  it('takes half a minute and refuses more, without losing what waits or the end of the segment', () => {
    const mouth = new Mouth();
    for (let i = 0; i < 30; i++) expect(mouth.play(1, new Int16Array(RATE), false)).toBe(true);
    expect(mouth.play(1, new Int16Array(RATE), true)).toBe(false);
    expect(mouth.drain()).toBe(1_500 + 10);
    expect(mouth.events.at(-1)).toMatchObject({ type: 'finished', samples: 30 * RATE });
  });
});
