/** What lies beside Kokoro's graph: its alphabet and its voices. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';

import { ModelUnusableError } from '../../errors.js';

/** Sounds of a clause at most. */
export const MOST_SOUNDS = 510;
/** Numbers that describe a voice for clauses of one length. */
export const STYLE_SIZE = 256;

const tokenizerSchema = z.object({ model: z.object({ vocab: z.record(z.string(), z.int().nonnegative()) }) });

/** Numbers of phonetic signs and punctuation marks. */
export class KokoroAlphabet {
  readonly #numbers: ReadonlyMap<string, number>;

  private constructor(numbers: ReadonlyMap<string, number>) {
    this.#numbers = numbers;
  }

  /** @param path of `tokenizer.json`. @throws ModelUnusableError */
  static async read(path: string): Promise<KokoroAlphabet> {
    try {
      const { model } = tokenizerSchema.parse(JSON.parse(await readFile(path, 'utf8')));
      return new KokoroAlphabet(new Map(Object.entries(model.vocab)));
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new ModelUnusableError(`${path} is not the alphabet of Kokoro: ${why}`, { cause });
    }
  }

  /** Numbers of the signs that the model knows; the others are left out. */
  encode(text: string): number[] {
    return [...text].flatMap((sign) => this.#numbers.get(sign) ?? []);
  }
}

/** A voice: one description for every length of a clause. */
export class KokoroVoice {
  readonly #styles: Float32Array;

  private constructor(styles: Float32Array) {
    this.#styles = styles;
  }

  /** @throws ModelUnusableError */
  static async read(path: string): Promise<KokoroVoice> {
    const bytes = await readFile(path).catch((cause: unknown) => {
      throw new ModelUnusableError(`The voice ${path} cannot be read.`, { cause });
    });
    const expected = MOST_SOUNDS * STYLE_SIZE * 4;
    if (bytes.length !== expected)
      throw new ModelUnusableError(`The voice ${path} has ${bytes.length} bytes, not ${expected}.`);
    return new KokoroVoice(new Float32Array(new Uint8Array(bytes).buffer));
  }

  /** @param sounds of the clause. */
  style(sounds: number): Float32Array {
    const row = Math.min(Math.max(sounds, 0), MOST_SOUNDS - 1);
    return this.#styles.slice(row * STYLE_SIZE, (row + 1) * STYLE_SIZE);
  }
}
