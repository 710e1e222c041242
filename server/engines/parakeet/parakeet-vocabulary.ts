/** The pieces of words that the tokens of a NeMo model stand for: `vocab.txt`, a piece and its number in every line. */
import { readFile } from 'node:fs/promises';

import { ModelUnusableError } from '../../errors.js';

const BLANK = '<blk>';

export class ParakeetVocabulary {
  readonly #pieces: ReadonlyMap<number, string>;
  /** The token that is none. */
  readonly blank: number;

  private constructor(pieces: ReadonlyMap<number, string>, blank: number) {
    this.#pieces = pieces;
    this.blank = blank;
  }

  /** @throws ModelUnusableError */
  static async read(path: string): Promise<ParakeetVocabulary> {
    const text = await readFile(path, 'utf8').catch((cause: unknown) => {
      throw new ModelUnusableError(`The vocabulary ${path} cannot be read.`, { cause });
    });
    const pieces = new Map<number, string>();
    for (const [index, line] of text.split('\n').entries()) {
      if (line === '') continue;
      const [, piece, number] = /^(\S+) (\d+)\r?$/.exec(line) ?? [];
      if (piece === undefined)
        throw new ModelUnusableError(`${path}, line ${index + 1}: "${line}" is not a piece and its number.`);
      pieces.set(Number(number), piece);
    }
    const blank = [...pieces].find(([, piece]) => piece === BLANK)?.[0];
    if (blank === undefined) throw new ModelUnusableError(`${path} has no ${BLANK}.`);
    return new ParakeetVocabulary(pieces, blank);
  }

  get size(): number {
    return this.#pieces.size;
  }

  /** The words that tokens spell; marks such as `<unk>` are left out. */
  text(tokens: readonly number[]): string {
    const pieces = tokens
      .map((token) => this.#pieces.get(token) ?? '')
      .filter((piece) => !/^<.*>$/.test(piece));
    return pieces.join('').replaceAll('\u2581', ' ').trim();
  }
}
