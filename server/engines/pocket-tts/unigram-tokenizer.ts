/**
 * SentencePiece's unigram model: of all ways to cut a text into pieces, the one whose pieces are likeliest together
 * (Kudo 2018, arXiv:1804.10959).
 */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';

import { ModelUnusableError } from '../../errors.js';

const SPACE = '\u2581';

interface Piece {
  number: number;
  score: number;
}

export class UnigramTokenizer {
  readonly #pieces: ReadonlyMap<string, Piece>;
  /** Code units of the longest piece. */
  readonly #longest: number;
  readonly #unknownScore: number;

  /** @param pieces numbers and logarithmic likelihoods, by their text. */
  constructor(pieces: ReadonlyMap<string, Piece>) {
    this.#pieces = pieces;
    this.#longest = Math.max(...[...pieces.keys()].map(({ length }) => length));
    // As SentencePiece has it: unlikelier than any piece.
    this.#unknownScore = Math.min(...[...pieces.values()].map(({ score }) => score)) - 10;
  }

  /**
   * @param vocabularyPath numbers by piece, JSON. @param scoresPath scores by piece.
   * @throws ModelUnusableError
   */
  static async read(vocabularyPath: string, scoresPath: string): Promise<UnigramTokenizer> {
    const numbers = await readTable(vocabularyPath);
    const scores = await readTable(scoresPath);
    const pieces = Object.entries(numbers).map(([piece, number]) => {
      const score = scores[piece];
      if (score === undefined) throw new ModelUnusableError(`${scoresPath} has no score for "${piece}".`);
      return [piece, { number, score }] as const;
    });
    return new UnigramTokenizer(new Map(pieces));
  }

  /** Numbers of the pieces; a sign that no piece has is written as its bytes, or left out. */
  encode(input: string): number[] {
    const marked = input.replaceAll(' ', SPACE);
    const text = marked.startsWith(SPACE) ? marked : SPACE + marked;
    /** The best cut of what lies before each place: its score, and the last piece of it. */
    const best: ({ score: number; from: number; numbers: number[] } | undefined)[] = [
      { score: 0, from: 0, numbers: [] },
    ];
    for (let from = 0; from < text.length; from++) {
      const before = best[from];
      if (!before) continue;
      const offer = (to: number, score: number, numbers: number[]): void => {
        const sum = before.score + score;
        const known = best[to];
        if (!known || sum > known.score) best[to] = { score: sum, from, numbers };
      };
      for (let to = from + 1; to <= Math.min(text.length, from + this.#longest); to++) {
        const piece = this.#pieces.get(text.slice(from, to));
        if (piece) offer(to, piece.score, [piece.number]);
      }
      const sign = String.fromCodePoint(text.codePointAt(from) ?? 0);
      offer(from + sign.length, this.#unknownScore, this.#bytes(sign));
    }
    const numbers: number[][] = [];
    for (let at = text.length; at > 0;) {
      const cut = best[at];
      if (!cut) break;
      numbers.unshift(cut.numbers);
      at = cut.from;
    }
    return numbers.flat();
  }

  #bytes(sign: string): number[] {
    return [...Buffer.from(sign)].flatMap((byte) => {
      const name = `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
      return this.#pieces.get(name)?.number ?? [];
    });
  }
}

async function readTable(path: string): Promise<Record<string, number>> {
  try {
    return z.record(z.string(), z.number()).parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ModelUnusableError(`${path} is not a table of pieces: ${why}`, { cause });
  }
}
