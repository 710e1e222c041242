import { describe, expect, it } from 'vitest';

import { HEARING_RATE_HZ, type Utterance } from '../../../../server/engines/engine-types.js';
import { SegmentedUtterance } from '../../../../server/engines/recognition/segmented-utterance.js';

const limits = { soonSeconds: 2, mostSeconds: 4 };

/** A piece whose words are its length in seconds. */
class Piece implements Utterance {
  seconds = 0;
  finished = false;

  constructor(readonly onPartial: (words: string) => void) {}

  push(samples: Int16Array): void {
    this.seconds += samples.length / HEARING_RATE_HZ;
  }

  finish(): Promise<string> {
    this.finished = true;
    return Promise.resolve(this.seconds.toFixed(2));
  }
}

function setUp(): { pieces: Piece[]; partials: string[]; utterance: SegmentedUtterance } {
  const pieces: Piece[] = [];
  const partials: string[] = [];
  const open = (onPartial: (words: string) => void): Utterance => {
    const piece = new Piece(onPartial);
    pieces.push(piece);
    return piece;
  };
  return {
    pieces,
    partials,
    utterance: new SegmentedUtterance(open, limits, (words) => partials.push(words)),
  };
}

function push(utterance: Utterance, seconds: number, amplitude: number): void {
  const packet = new Int16Array(320).map((_, index) => (index % 2 === 0 ? amplitude : -amplitude));
  for (let sent = 0; sent < Math.round(seconds * 50); sent++) utterance.push(packet);
}

describe('long speech', () => {
  it('is one piece as long as it is short, with pauses too', async () => {
    const { pieces, utterance } = setUp();
    push(utterance, 1, 8000);
    push(utterance, 0.5, 100);
    await expect(utterance.finish()).resolves.toBe('1.50');
    expect(pieces).toHaveLength(1);
  });

  it('is cut at a quiet place', async () => {
    const { pieces, utterance } = setUp();
    push(utterance, 3, 8000);
    push(utterance, 0.2, 100);
    push(utterance, 1, 8000);
    const words = await utterance.finish();
    expect(pieces).toHaveLength(2);
    expect(pieces[0]?.seconds).toBeGreaterThan(3);
    expect(pieces[0]?.seconds).toBeLessThan(3.2);
    expect(words).toBe(pieces.map(({ seconds }) => seconds.toFixed(2)).join(' '));
  });

  it('is cut at the limit where it is never quiet', async () => {
    const { pieces, utterance } = setUp();
    push(utterance, 9, 8000);
    await expect(utterance.finish()).resolves.toBe('4.00 4.00 1.00');
    expect(pieces.every(({ finished }) => finished)).toBe(true);
  });

  it('shows the words that stand before those of the piece that is on, and none after the end', async () => {
    const { pieces, partials, utterance } = setUp();
    push(utterance, 4, 8000);
    await new Promise((resolve) => setImmediate(resolve));
    pieces[1]?.onPartial('and');
    expect(partials).toEqual(['4.00 and']);
    const words = utterance.finish();
    pieces[1]?.onPartial('and more');
    await words;
    expect(partials).toEqual(['4.00 and']);
  });
});
