/**
 * Says where the words of a clause are while it is still being made: as somebody else would speak them, at the pace that
 * the voice had so far. At the end, what is left of the words shares what is left of the sound. Pure.
 */
import type { SpokenWord } from '../engine-types.js';
import type { HeardWord } from './whole-clause.js';

export class WordPacer {
  readonly #words: readonly HeardWord[];
  readonly #samplesPerMs: number;
  /** When the first word begins for the other speaker, ms. */
  readonly #firstMs: number;
  /** Words that have been given out. */
  #given = 0;
  #end = 0;

  /** @param samplesPerMs samples of this voice for a millisecond of the other speaker. */
  constructor(words: readonly HeardWord[], samplesPerMs: number) {
    this.#words = words;
    this.#samplesPerMs = samplesPerMs;
    this.#firstMs = words.find(({ startMs }) => startMs !== undefined)?.startMs ?? 0;
  }

  /** The words that begin in the sound that ends with sample `to`; more sound comes. */
  take(to: number): SpokenWord[] {
    const taken: SpokenWord[] = [];
    for (; this.#given < this.#words.length; this.#given++) {
      const { text, startMs, endMs } = this.#words[this.#given] as HeardWord;
      // What is not spoken has its place at the end of the word before.
      const startSample = Math.max(this.#end, this.#place(startMs) ?? this.#end);
      if (startSample >= to) break;
      const endSample = Math.min(to, Math.max(startSample, this.#place(endMs) ?? startSample));
      taken.push({ text, startSample, endSample });
      this.#end = endSample;
    }
    return taken;
  }

  /** All other words, in the last of the sound, which begins with sample `from` and ends with `to`. */
  rest(from: number, to: number): SpokenWord[] {
    const words = this.#words.slice(this.#given);
    this.#given = this.#words.length;
    const start = Math.max(from, this.#end);
    const lengths = words.map(({ startMs = 0, endMs = startMs, plain }) =>
      plain === '' ? 0 : Math.max(1, endMs - startMs),
    );
    const total = Math.max(
      1,
      lengths.reduce((sum, length) => sum + length, 0),
    );
    let before = 0;
    return words.map(({ text }, index) => {
      const place = (): number => Math.round(start + ((to - start) * before) / total);
      // One that is not spoken begins in the sound as well, if only with its last sample.
      const startSample = Math.min(place(), Math.max(start, to - 1));
      before += lengths[index] ?? 0;
      return { text, startSample, endSample: Math.max(startSample, place()) };
    });
  }

  #place(ms: number | undefined): number | undefined {
    return ms === undefined ? undefined : Math.round((ms - this.#firstMs) * this.#samplesPerMs);
  }
}
