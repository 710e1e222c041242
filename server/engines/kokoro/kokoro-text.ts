/** A clause as Kokoro reads it: sounds and punctuation, in pieces that are not too long. Pure. */
import { kokoroAlphabet, spell } from '../pronunciation/phonetic-spelling.js';
import type { PronouncedWord } from '../pronunciation/pronouncer.js';
import { MOST_SOUNDS, type KokoroAlphabet } from './kokoro-files.js';

/** Signs of a stretch of words. */
export interface KokoroText {
  /** Numbers of the signs. */
  tokens: number[];
  words: readonly PronouncedWord[];
  /** Signs of each word: of its sounds alone, from `start` up to `end`; `undefined` for one that is not spoken. */
  spans: ({ start: number; end: number } | undefined)[];
}

/** As many stretches as are needed; most clauses are one. */
export function kokoroTexts(words: readonly PronouncedWord[], alphabet: KokoroAlphabet): KokoroText[] {
  const texts: KokoroText[] = [];
  let from = 0;
  while (from < words.length) {
    const text = read(words.slice(from), alphabet);
    from += text.words.length;
    if (text.tokens.length > 0) texts.push(text);
    else {
      // What is not spoken has its place after the last word.
      const last = texts.at(-1);
      if (last) {
        last.words = [...last.words, ...text.words];
        last.spans.push(...text.spans);
      }
    }
  }
  return texts;
}

/** The first of `words`, as many as fit; one at least. */
function read(words: readonly PronouncedWord[], alphabet: KokoroAlphabet): KokoroText {
  const tokens: number[] = [];
  const spans: KokoroText['spans'] = [];
  for (const word of words) {
    const sounds = word.spoken.map((syllables) => spell(syllables, word.plain, kokoroAlphabet)).join(' ');
    const fresh = alphabet.encode(sounds);
    const space = tokens.length > 0 && fresh.length > 0 ? alphabet.encode(' ') : [];
    const mark = fresh.length > 0 ? alphabet.encode(word.mark) : [];
    const room = MOST_SOUNDS - tokens.length - space.length - mark.length;
    if (fresh.length > room) {
      if (tokens.length > 0) break;
      fresh.length = room;
    }
    const start = tokens.length + space.length;
    spans.push(fresh.length > 0 ? { start, end: start + fresh.length } : undefined);
    tokens.push(...space, ...fresh, ...mark);
  }
  return { tokens, words: words.slice(0, spans.length), spans };
}
