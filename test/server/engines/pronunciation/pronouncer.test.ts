import { beforeAll, describe, expect, it } from 'vitest';

import {
  espeakAlphabet,
  kokoroAlphabet,
  spell,
} from '../../../../server/engines/pronunciation/phonetic-spelling.js';
import { Pronouncer } from '../../../../server/engines/pronunciation/pronouncer.js';

describe('pronunciation', () => {
  let pronouncer: Pronouncer;
  beforeAll(async () => {
    pronouncer = await Pronouncer.load();
  });

  const spelled = (text: string, alphabet = kokoroAlphabet): string =>
    pronouncer
      .pronounce(text)
      .map(({ spoken, plain, mark }) => spoken.map((word) => spell(word, plain, alphabet)).join(' ') + mark)
      .join(' ');

  it('spells words as voices were taught them, with stress before the vowel', () => {
    expect(spelled('Hello Anna, here are good words!')).toBe('həlˈO ˈænə, hˈɪɹ ɑɹ ɡˈʊd wˈɜɹdz!');
    expect(spelled('Hello Anna, here are good words!', espeakAlphabet)).toBe(
      'həlˈoʊ ˈænə, hˈɪɹ ɑːɹ ɡˈʊd wˈɜːdz!',
    );
    expect(spelled('Choose the judge about twenty thoughts')).toBe('ʧˈuz ðə ʤˈʌʤ əbˈWt twˈɛnti θˈɔts');
  });

  it('speaks numbers and keeps them with the word as it was written', () => {
    const words = pronouncer.pronounce('It costs $3.50 – or “42” euros…');
    expect(words.map(({ text }) => text)).toEqual(['It', 'costs', '$3.50', '–', 'or', '“42”', 'euros…']);
    expect(words.map(({ spoken }) => spoken.length)).toEqual([1, 1, 4, 0, 1, 2, 1]);
    expect(words.map(({ mark }) => mark)).toEqual(['', '', '', '—', '', '', '…']);
  });

  it('pronounces what no dictionary has, and nothing where there is nothing', () => {
    expect(spelled('Zorblax')).toMatch(/z.*ɹ.*b.*l.*k/);
    expect(pronouncer.pronounce('')).toEqual([]);
    expect(pronouncer.pronounce('😀')).toMatchObject([{ text: '😀', spoken: [], startMs: undefined }]);
  });

  it('knows every sound that there is', () => {
    const text =
      'Judge, she chose this vision; boys thought how odd they sing about yellow wood, up high, near her food: red cat.';
    for (const { spoken, plain } of pronouncer.pronounce(text)) {
      for (const alphabet of [kokoroAlphabet, espeakAlphabet]) {
        for (const sound of spoken.flat()) expect(spell([sound], plain, alphabet)).not.toBe('');
      }
    }
  });
});
