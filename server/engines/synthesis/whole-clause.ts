/** What models that make a clause in one piece have in common: from their sound to one that callers hear. */
import { toInt16 } from '../../media/pcm.js';
import type { SpeechChunk } from '../engine-types.js';
import { shapeSpeech } from '../speech-shaping.js';
import { placeWords, type SpokenPiece, type WrittenWord } from '../spoken-words.js';

/** A stretch of a clause, in any unit that goes evenly with the sound. */
export interface WordSpan {
  start: number;
  end: number;
}

/**
 * @param samples of the clause, at the rate at which it is to be heard.
 * @param words as written.
 * @param spans of each word, `undefined` for what is not spoken, and how long the whole is, in the same unit; for
 *   models that do not tell, what somebody else would need for them (`ofSpeech`: without silence around it).
 */
export function wholeClause(
  samples: Float32Array,
  sampleRateHz: number,
  words: readonly WrittenWord[],
  spans: { words: readonly (WordSpan | undefined)[]; length: number; ofSpeech: boolean },
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
