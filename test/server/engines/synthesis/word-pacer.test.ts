import { describe, expect, it } from 'vitest';

import type { SpokenWord } from '../../../../server/engines/engine-types.js';
import type { HeardWord } from '../../../../server/engines/synthesis/whole-clause.js';
import { WordPacer } from '../../../../server/engines/synthesis/word-pacer.js';

/** Words one after the other, each so many ms long for somebody else; 0 for what is not spoken. */
function words(lengths: Record<string, number>): HeardWord[] {
  let at = 200;
  return Object.entries(lengths).map(([text, length]) => {
    const startMs = at;
    at += length;
    return length === 0
      ? { text, plain: '', startMs: undefined, endMs: undefined }
      : { text, plain: text, startMs, endMs: at };
  });
}

const places = (taken: readonly SpokenWord[]): [string, number, number][] =>
  taken.map(({ text, startSample, endSample }) => [text, startSample, endSample]);

describe('the words of a clause in the making', () => {
  it('are where somebody else would speak them, at the pace of the voice', () => {
    const pacer = new WordPacer(words({ one: 100, two: 200, three: 100 }), 24);
    expect(places(pacer.take(1920))).toEqual([['one', 0, 1920]]);
    expect(places(pacer.take(3840))).toEqual([['two', 2400, 3840]]);
    expect(pacer.take(5760)).toEqual([]);
    expect(places(pacer.take(9000))).toEqual([['three', 7200, 9000]]);
    expect(pacer.rest(9000, 9600)).toEqual([]);
  });

  it('share what is left when the voice was faster', () => {
    const pacer = new WordPacer(words({ one: 100, two: 300, three: 100 }), 24);
    expect(places(pacer.take(1920))).toEqual([['one', 0, 1920]]);
    expect(places(pacer.rest(1920, 3920))).toEqual([
      ['two', 1920, 3420],
      ['three', 3420, 3920],
    ]);
  });

  it('that are not spoken have their place after the one before, and in the sound', () => {
    const pacer = new WordPacer(words({ one: 100, '–': 0, two: 100, '😀': 0 }), 24);
    expect(places(pacer.take(2400))).toEqual([['one', 0, 2400]]);
    expect(places(pacer.take(4000))).toEqual([
      ['–', 2400, 2400],
      ['two', 2400, 4000],
    ]);
    expect(places(pacer.rest(4000, 5000))).toEqual([['😀', 4000, 4000]]);
    const late = new WordPacer(words({ one: 100, '😀': 0 }), 24);
    for (const [, start] of places(late.rest(0, 100))) expect(start).toBeLessThan(100);
  });
});
