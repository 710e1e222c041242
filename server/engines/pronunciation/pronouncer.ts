/**
 * How English words are pronounced: Flite's rules for numbers, abbreviations and names, Carnegie Mellon's dictionary, and
 * Flite's rules for words that the dictionary does not have. Both may be used freely (their licences are like BSD's),
 * unlike eSpeak (GPL).
 */
import { dictionary } from 'cmu-pronouncing-dictionary';

import { FliteProgram } from '../flite-program.js';
import type { FliteWord } from '../flite-utterance.js';
import { speakable, wordsOfPieces, type WrittenWord } from '../spoken-words.js';

/** One sound, by its ARPAbet name in lower case, such as `hh`. */
export interface Sound {
  name: string;
  /** Vowels: 0 none, 1 main, 2 secondary. Other sounds have none. */
  stress: number | undefined;
}

export interface PronouncedWord extends WrittenWord {
  /** What it is spoken as, word by word; empty for what is not spoken. */
  spoken: Sound[][];
  /** The mark that follows it: one of `.,;:!?…—`, or nothing. */
  mark: string;
  /** Where Flite itself would begin and end it, ms. Undefined for what is not spoken. */
  startMs: number | undefined;
  endMs: number | undefined;
}

const VOWELS = new Set('aa ae ah ao aw ax ay eh er ey ih iy ow oy uh uw'.split(' '));

/** Flite's quickest voice; only the words are wanted, not the sound. It has one sound for those of "cup" and "cop". */
const VOICE = 'kal';

export class Pronouncer {
  readonly #flite: FliteProgram;

  private constructor(flite: FliteProgram) {
    this.#flite = flite;
  }

  static async load(): Promise<Pronouncer> {
    const flite = await FliteProgram.load();
    flite.prepare();
    return new Pronouncer(flite);
  }

  /** The words of a clause, all of them, in order. */
  pronounce(text: string): PronouncedWord[] {
    const { words, plain } = speakable(text);
    const result = words.map((word): PronouncedWord => ({
      ...word,
      spoken: [],
      mark: markAfter(word.text),
      startMs: undefined,
      endMs: undefined,
    }));
    if (!plain) return result;
    const { utterances, sampleRateHz } = this.#flite.speak(VOICE, plain);
    // Everything is ready for the next clause before it comes.
    setImmediate(() => {
      this.#flite.prepare();
    });
    const tokens = utterances.flatMap(({ startSample, tokens }) => {
      const before = (1000 * startSample) / sampleRateHz;
      return tokens.map((token) => ({ ...token, before }));
    });
    const places = wordsOfPieces(
      words,
      tokens.map((token) => token.text),
    );
    for (const [index, { words: spoken, startMs, endMs, before }] of tokens.entries()) {
      // A token that is found nowhere is spoken with the word before it rather than left out.
      const place = places[index] ?? places.slice(0, index).findLast((other) => other !== undefined) ?? 0;
      const word = result[place];
      if (!word || startMs === undefined || endMs === undefined) continue;
      word.spoken.push(...spoken.map(soundsOf).filter((sounds) => sounds.length > 0));
      word.startMs ??= before + startMs;
      word.endMs = before + endMs;
    }
    return result;
  }
}

function soundsOf(word: FliteWord): Sound[] {
  const found = Object.hasOwn(dictionary, word.name) ? dictionary[word.name] : undefined;
  // "K AE1 T S"
  if (found) {
    return found.split(' ').map((sound) => {
      const [, name = '', stress] = /^([A-Z]+)(\d?)$/.exec(sound) ?? [];
      return { name: name.toLowerCase(), stress: stress ? Number(stress) : undefined };
    });
  }
  return word.syllables.flatMap(({ stressed, sounds }) =>
    sounds.map((name) => ({ name, stress: VOWELS.has(name) ? Number(stressed) : undefined })),
  );
}

function markAfter(word: string): string {
  const marks = /[.,;:!?…—–]*["'”’»)\]]*$/.exec(word)?.[0] ?? '';
  if (marks.startsWith('...')) return '…';
  const mark = /[.,;:!?…—–]/.exec(marks)?.[0] ?? '';
  return mark === '–' ? '—' : mark;
}
