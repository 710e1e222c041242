import { describe, expect, it } from 'vitest';
import { JitterBuffer, type AudioPacket, type SoundPiece } from '../../../server/media/jitter-buffer.js';
import { seededRandom } from '../../fakes/packet-source.js';

const FRAME = 960;

/** The n-th packet of an even stream that begins at sequence number and timestamp `start`. */
function packet(n: number, start: { sequence?: number; timestamp?: number } = {}): AudioPacket {
  return {
    sequenceNumber: ((start.sequence ?? 0) + n) & 0xffff,
    timestamp: ((start.timestamp ?? 0) + n * FRAME) >>> 0,
    ticks: FRAME,
    payload: Uint8Array.of(n & 0xff),
  };
}

/** Pieces in words: `p3` is the packet with payload 3, `lost 20`, `silence 400` milliseconds. */
function words(pieces: readonly SoundPiece[]): string[] {
  return pieces.map((piece) =>
    piece.type === 'packet' ? `p${piece.packet.payload[0]}` : `${piece.type} ${piece.ticks / 48}`,
  );
}

function push(buffer: JitterBuffer, n: number, nowMs: number, start = {}): string[] {
  expect(buffer.push(packet(n, start), nowMs)).toBe('accepted');
  return words(buffer.take(nowMs));
}

describe('jitter buffer', () => {
  it('adds no delay while packets arrive in order, however unevenly', () => {
    const buffer = new JitterBuffer(0);
    for (const [n, nowMs] of [0, 20, 25, 60, 110, 112].entries()) {
      expect(push(buffer, n, nowMs)).toEqual([`p${n}`]);
    }
  });

  it('goes through the wrap-around of sequence numbers and timestamps', () => {
    const buffer = new JitterBuffer(0);
    const start = { sequence: 65_534, timestamp: 0xffff_ffff - FRAME };
    for (let n = 0; n < 5; n++) expect(push(buffer, n, n * 20, start)).toEqual([`p${n}`]);
  });

  it('puts reordered packets in order', () => {
    const buffer = new JitterBuffer(0);
    expect(push(buffer, 0, 0)).toEqual(['p0']);
    expect(push(buffer, 2, 20)).toEqual([]);
    expect(push(buffer, 3, 40)).toEqual([]);
    expect(push(buffer, 1, 41)).toEqual(['p1', 'p2', 'p3']);
  });

  it('conceals a hole after the wait and drops what comes later', () => {
    const buffer = new JitterBuffer(0);
    push(buffer, 0, 0);
    push(buffer, 2, 20);
    expect(words(buffer.take(59))).toEqual([]);
    expect(words(buffer.take(60))).toEqual(['lost 20', 'p2']);
    expect(buffer.push(packet(1), 61)).toBe('late');
    expect(words(buffer.take(61))).toEqual([]);
    expect(push(buffer, 3, 62)).toEqual(['p3']);
  });

  it('drops duplicates, of what waits as well as of what has gone', () => {
    const buffer = new JitterBuffer(0);
    push(buffer, 0, 0);
    expect(buffer.push(packet(0), 1)).toBe('duplicate');
    push(buffer, 2, 20);
    expect(buffer.push(packet(2), 21)).toBe('duplicate');
  });

  it('waits less where packets are lost and longer where they come late', () => {
    const buffer = new JitterBuffer(0);
    let nowMs = 0;
    for (let n = 0; n < 100; n += 2) {
      nowMs += 40;
      buffer.push(packet(n), nowMs);
      buffer.take(nowMs);
    }
    expect(buffer.waitMs).toBe(20);

    const late = new JitterBuffer(0);
    push(late, 0, 0);
    push(late, 2, 20);
    late.take(60);
    expect(late.push(packet(1), 65)).toBe('late');
    expect(late.waitMs).toBeGreaterThan(55);
    expect(late.waitMs).toBeLessThanOrEqual(60);
  });

  it('conceals 100 ms of a long loss and leaves the rest silent', () => {
    const buffer = new JitterBuffer(0, { silenceAfterMs: 500 });
    push(buffer, 0, 0);
    buffer.push(packet(11), 220);
    expect(words(buffer.take(280))).toEqual(['lost 100', 'silence 100', 'p11']);
  });

  it('fills a pause of the sender (DTX) with silence by the timestamp', () => {
    const buffer = new JitterBuffer(0, { silenceAfterMs: 500 });
    push(buffer, 0, 0);
    const after = { sequence: 0, timestamp: 20 * FRAME };
    expect(push(buffer, 1, 420, after)).toEqual(['silence 400', 'p1']);
  });

  it('lets silence come by the clock, and does not repeat it when packets come back', () => {
    const buffer = new JitterBuffer(0);
    push(buffer, 0, 0);
    const silent: number[] = [];
    for (let nowMs = 10; nowMs <= 1_000; nowMs += 10) {
      for (const piece of buffer.take(nowMs)) silent.push(piece.type === 'silence' ? piece.ticks / 48 : NaN);
    }
    const byClock = silent.reduce((sum, ms) => sum + ms, 0);
    expect(byClock).toBe(920);
    const after = { sequence: 0, timestamp: 49 * FRAME };
    expect(push(buffer, 1, 1_000, after)).toEqual(['silence 60', 'p1']);
  });

  it('keeps all that was said when packets were delayed and not lost, and gives the time back in the next pause', () => {
    const buffer = new JitterBuffer(0);
    push(buffer, 0, 0);
    for (let nowMs = 10; nowMs <= 300; nowMs += 10) buffer.take(nowMs);
    // 220 ms of silence have come by the clock.
    for (let n = 1; n <= 15; n++) expect(push(buffer, n, 300)).toEqual([`p${n}`]);
    const after = { sequence: 0, timestamp: 20 * FRAME };
    expect(push(buffer, 16, 720, after)).toEqual(['silence 180', 'p16']);
  });

  it('does not take a stall of its own thread for silence', () => {
    const buffer = new JitterBuffer(0);
    push(buffer, 0, 0);
    expect(words(buffer.take(5_000))).toEqual(['silence 40']);
  });

  it('follows a source that restarts, and no single stray packet', () => {
    const buffer = new JitterBuffer(0);
    push(buffer, 0, 0);
    expect(buffer.push(packet(30_000), 20)).toBe('late');
    expect(push(buffer, 1, 20)).toEqual(['p1']);
    const restarted = { sequence: 40_000, timestamp: 0x8000_0000 };
    expect(buffer.push(packet(0, restarted), 40)).toBe('late');
    expect(push(buffer, 1, 60, restarted)).toEqual(['p1']);
    expect(push(buffer, 2, 80, restarted)).toEqual(['p2']);
  });

  it('believes no timestamp that runs ahead of the clock', () => {
    const buffer = new JitterBuffer(0);
    push(buffer, 0, 0);
    let ticks = 0;
    for (let n = 1; n <= 500; n++) {
      const ahead = { timestamp: n * 48_000 * 10 };
      buffer.push(packet(n, ahead), n * 20);
      for (const piece of buffer.take(n * 20)) ticks += piece.type === 'packet' ? FRAME : piece.ticks;
    }
    // Ten seconds of clock allow fifteen and three at once.
    expect(ticks / 48_000).toBeLessThanOrEqual(18);
  });

  it('drops what comes faster than real time', () => {
    const buffer = new JitterBuffer(0);
    const outcomes = Array.from({ length: 400 }, (_, n) => {
      const outcome = buffer.push(packet(n), 0);
      buffer.take(0);
      return outcome;
    });
    expect(outcomes.filter((outcome) => outcome === 'accepted')).toHaveLength(150);
    expect(outcomes.at(-1)).toBe('overflow');
  });

  it('holds a bounded number of packets behind a hole', () => {
    const buffer = new JitterBuffer(0);
    push(buffer, 0, 0);
    for (let n = 2; n < 120; n++) {
      buffer.push(packet(n), 1);
      buffer.take(1);
      expect(buffer.held).toBeLessThanOrEqual(64);
    }
  });

  it.each(Array.from({ length: 40 }, (_, seed) => seed))(
    'plays every packet at most once, in order, and loses no media time (disturbance %i)',
    (seed) => {
      const random = seededRandom(seed);
      const loss = random() * 0.3;
      const jitterMs = random() * 90;
      const start = { sequence: Math.floor(random() * 65_536), timestamp: Math.floor(random() * 2 ** 32) };
      const frames = 400;
      const arrivals: { n: number; atMs: number }[] = [];
      for (let n = 0; n < frames; n++) {
        // The first and the last always come, so that the length is known.
        const certain = n === 0 || n === frames - 1;
        if (!certain && random() < loss) continue;
        arrivals.push({ n, atMs: n * 20 + (certain ? 0 : random() * jitterMs) });
        if (random() < 0.05) arrivals.push({ n, atMs: n * 20 + random() * 200 });
      }
      arrivals.push({ n: frames, atMs: frames * 20 + 500 }, { n: frames + 1, atMs: frames * 20 + 520 });
      arrivals.sort((a, b) => a.atMs - b.atMs);

      const buffer = new JitterBuffer(0);
      const pieces: SoundPiece[] = [];
      const outcomes: string[] = [];
      let next = 0;
      for (let nowMs = 0; nowMs <= frames * 20 + 700; nowMs += 5) {
        for (let arrival; (arrival = arrivals[next]) && arrival.atMs <= nowMs; next++) {
          outcomes.push(buffer.push(packet(arrival.n, start), arrival.atMs));
          pieces.push(...buffer.take(arrival.atMs));
        }
        pieces.push(...buffer.take(nowMs));
      }
      // Media time is exactly that of the stream where the clock did not have to step in, and never less.
      const last = pieces.findLastIndex((piece) => piece.type === 'packet');
      const ticks = pieces
        .slice(0, last + 1)
        .reduce((sum, piece) => sum + (piece.type === 'packet' ? piece.packet.ticks : piece.ticks), 0);
      const clock = pieces.some((piece) => piece.type === 'silence');
      if (clock) expect(ticks).toBeGreaterThanOrEqual((frames + 2) * FRAME);
      else expect(ticks).toBe((frames + 2) * FRAME);

      const played = pieces.flatMap((piece) => (piece.type === 'packet' ? [piece.packet.timestamp] : []));
      const positions = played.map((timestamp) => (timestamp - start.timestamp) >>> 0);
      expect(positions).toEqual([...new Set(positions)].sort((a, b) => a - b));
      expect(played).toHaveLength(outcomes.filter((outcome) => outcome === 'accepted').length);
      expect(buffer.held).toBe(0);
    },
  );
});
