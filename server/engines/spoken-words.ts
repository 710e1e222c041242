/** Brings the words of a clause, as written, together with the pieces that a synthesiser spoke and when. Pure. */
import type { SpokenWord } from './engine-types.js';

/** A word as written, and what a plain English synthesiser is given to read for it; empty when it cannot be spoken. */
export interface WrittenWord {
  text: string;
  plain: string;
}

/** A piece that was spoken, in order: a word or part of one, without the punctuation around it. */
export interface SpokenPiece {
  text: string;
  /** Undefined for a piece that made no sound. */
  startSample: number | undefined;
  endSample: number | undefined;
}

const REPLACEMENTS: readonly (readonly [RegExp, string])[] = [
  [/[‘’‛′]/g, "'"],
  [/[“”„″«»]/g, '"'],
  [/[‐‑‒−]/g, '-'],
  [/[–—]/g, ', '],
  [/…/g, '...'],
];

/** Splits a clause into words and spells them in plain ASCII, accents dropped. */
export function speakable(text: string): { words: WrittenWord[]; plain: string } {
  const words = text
    .split(/\s+/)
    .filter(Boolean)
    .map((word) => ({ text: word, plain: toPlain(word) }));
  return {
    words,
    plain: words
      .map((word) => word.plain)
      .filter(Boolean)
      .join(' '),
  };
}

function toPlain(word: string): string {
  let plain = word;
  for (const [pattern, replacement] of REPLACEMENTS) plain = plain.replace(pattern, replacement);
  plain = plain
    .normalize('NFKD')
    .replace(/[^\x20-\x7e]/g, '')
    .trim();
  return /[a-z0-9$%&@+=#]/i.test(plain) ? plain : '';
}

/**
 * Gives every written word its place. Words whose pieces are not found share the sound between their neighbours by
 * their lengths; without any pieces, all of it.
 * @param length samples of the clause.
 */
export function placeWords(
  words: readonly WrittenWord[],
  pieces: readonly SpokenPiece[],
  length: number,
): SpokenWord[] {
  const spans = matchPieces(words, pieces);
  const placed: SpokenWord[] = [];
  for (let index = 0; index < words.length;) {
    const span = spans[index];
    if (span) {
      placed.push({ text: words[index]?.text ?? '', ...span });
      index++;
      continue;
    }
    let next = index;
    while (next < words.length && !spans[next]) next++;
    const from = placed.at(-1)?.endSample ?? 0;
    const to = spans[next]?.startSample ?? (placed.length > 0 && pieces.length > 0 ? from : length);
    placed.push(...share(words.slice(index, next), from, Math.max(from, to)));
    index = next;
  }
  return placed;
}

/**
 * The written word, by its number, that each piece is (a part of); `undefined` where there is none.
 * @param pieces their texts, in order.
 */
export function wordsOfPieces(
  words: readonly WrittenWord[],
  pieces: readonly string[],
): (number | undefined)[] {
  let index = 0;
  let offset = 0;
  return pieces.map((text) => {
    for (let at = index; at < words.length; at++) {
      const found = words[at]?.plain.indexOf(text, at === index ? offset : 0) ?? -1;
      if (found < 0) continue;
      index = at;
      offset = found + text.length;
      return at;
    }
    return undefined;
  });
}

/** The stretch of sound of each written word that has pieces. */
function matchPieces(
  words: readonly WrittenWord[],
  pieces: readonly SpokenPiece[],
): ({ startSample: number; endSample: number } | undefined)[] {
  const spans = words.map((): { startSample: number; endSample: number } | undefined => undefined);
  const places = wordsOfPieces(
    words,
    pieces.map(({ text }) => text),
  );
  for (const [piece, { startSample, endSample }] of pieces.entries()) {
    const at = places[piece];
    if (at === undefined || startSample === undefined || endSample === undefined) continue;
    spans[at] = { startSample: spans[at]?.startSample ?? startSample, endSample };
  }
  return spans;
}

function share(words: readonly WrittenWord[], from: number, to: number): SpokenWord[] {
  const letters = words.reduce((sum, word) => sum + word.plain.length, 0);
  let before = 0;
  const place = (): number => Math.round(from + ((to - from) * before) / Math.max(1, letters));
  return words.map(({ text, plain }) => {
    const startSample = place();
    before += plain.length;
    return { text, startSample, endSample: place() };
  });
}
