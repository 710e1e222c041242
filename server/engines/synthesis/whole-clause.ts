/** What models that make a clause in one piece have in common: from their sound to one that callers hear. */
import { toInt16 } from '../../media/pcm.js';
import type { SpeechChunk } from '../engine-types.js';
import { shapeSpeech } from '../speech-shaping.js';
import { placeWords, type SpokenPiece, type WrittenWord } from '../spoken-words.js';

/** A word as written, and where somebody else would speak it, ms; undefined for what is not spoken, or not known. */
export interface HeardWord extends WrittenWord {
  startMs: number | undefined;
  endMs: number | undefined;
}

/** A stretch of a clause, in any unit that goes evenly with the sound. */
export interface WordSpan {
  start: number;
  end: number;
}

/** Where the words of a clause are, in a unit that goes evenly with its sound. */
export interface ClauseSpans {
  words: readonly (WordSpan | undefined)[];
  /** Of all of it. */
  length: number;
  /** Whether silence around the speech does not count. */
  ofSpeech: boolean;
}

/** For models that do not tell where words are: as somebody else would speak them. */
export function heardSpans(words: readonly HeardWord[]): ClauseSpans {
  const first = words.find(({ startMs }) => startMs !== undefined)?.startMs ?? 0;
  const spans = words.map(({ startMs, endMs }) =>
    startMs === undefined || endMs === undefined ? undefined : { start: startMs - first, end: endMs - first },
  );
  const length = spans.reduce((most, span) => Math.max(most, span?.end ?? 0), 0);
  return { words: spans, length, ofSpeech: true };
}

/** Words of a language that nobody here knows how to speak: they share the time by their letters. */
export function lettersOnly(text: string): HeardWord[] {
  return text
    .split(/\s+/)
    .filter(Boolean)
    .map((word) => ({
      text: word,
      plain: word.replace(/[^\p{L}\p{N}]/gu, ''),
      startMs: undefined,
      endMs: undefined,
    }));
}

/**
 * @param samples of the clause, at the rate at which it is to be heard.
 * @param words as written.
 */
export function wholeClause(
  samples: Float32Array,
  sampleRateHz: number,
  words: readonly WrittenWord[],
  spans: ClauseSpans,
): SpeechChunk {
  const pcm = toInt16(samples);
  const exact = (from: number, length: number): SpokenPiece[] => {
    const scale = spans.length > 0 ? length / spans.length : 0;
    return words.map(({ plain }, index) => {
      const span = plain === '' ? undefined : spans.words[index];
      const place = (at: number): number => Math.round(from + at * scale);
      return { text: plain, startSample: span && place(span.start), endSample: span && place(span.end) };
    });
  };
  const known = spans.ofSpeech
    ? []
    : exact(0, pcm.length).flatMap(({ startSample, endSample }) =>
        startSample === undefined || endSample === undefined ? [] : [{ startSample, endSample }],
      );
  const shaped = shapeSpeech(pcm, sampleRateHz, [
    known[0]?.startSample ?? Infinity,
    known.at(-1)?.endSample ?? 0,
  ]);
  const { length } = shaped.samples;
  const pieces = spans.ofSpeech ? exact(0, length) : exact(-shaped.trimmedStart, pcm.length);
  const clamp = (sample: number | undefined): number | undefined =>
    sample === undefined ? undefined : Math.min(length, Math.max(0, sample));
  const clamped = pieces.map(({ text, startSample, endSample }) => ({
    text,
    startSample: clamp(startSample),
    endSample: clamp(endSample),
  }));
  return { samples: shaped.samples, words: length > 0 ? placeWords(words, clamped, length) : [] };
}
