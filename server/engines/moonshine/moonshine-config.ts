/** What lies beside the graphs of a streaming Moonshine model: its sizes and its vocabulary. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';

import { ModelUnusableError } from '../../errors.js';

const size = z.int().positive();

/** `streaming_config.json`. */
const configSchema = z.object({
  encoder_dim: size,
  decoder_dim: size,
  depth: size,
  nheads: size,
  head_dim: size,
  vocab_size: size,
  bos_id: z.int().nonnegative(),
  eos_id: z.int().nonnegative(),
  /** Frames that the encoder wants to see beyond one that is to stay as it is. */
  total_lookahead: z.int().nonnegative(),
  d_model_frontend: size,
  c1: size,
  max_seq_len: z.int().nonnegative().default(0),
});
export type MoonshineConfig = z.infer<typeof configSchema>;

/** Tokens of an utterance at most, for models that do not say. */
const DEFAULT_MAX_TOKENS = 448;

/** @throws ModelUnusableError */
export async function readMoonshineConfig(path: string): Promise<MoonshineConfig> {
  try {
    const config = configSchema.parse(JSON.parse(await readFile(path, 'utf8')));
    return { ...config, max_seq_len: config.max_seq_len || DEFAULT_MAX_TOKENS };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ModelUnusableError(`${path} is not the configuration of a streaming Moonshine model: ${why}`, {
      cause,
    });
  }
}

/** The pieces of words that the tokens stand for. */
export class MoonshineVocabulary {
  readonly #pieces: readonly Buffer[];

  /** @throws ModelUnusableError */
  static async read(path: string): Promise<MoonshineVocabulary> {
    try {
      return new MoonshineVocabulary(await readFile(path));
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new ModelUnusableError(`${path} is not the vocabulary of a Moonshine model: ${why}`, { cause });
    }
  }

  /**
   * @param bytes for every token its length, in one byte or, from 128 on, in two (the second counts 128s), and its bytes.
   * @throws RangeError when they end in the middle of a token.
   */
  constructor(bytes: Buffer) {
    const pieces: Buffer[] = [];
    for (let at = 0; at < bytes.length;) {
      let length = bytes.readUInt8(at++);
      if (length >= 128) length = length - 128 + 128 * bytes.readUInt8(at++);
      if (at + length > bytes.length) throw new RangeError('It ends in the middle of a token.');
      pieces.push(bytes.subarray(at, at + length));
      at += length;
    }
    this.#pieces = pieces;
  }

  get size(): number {
    return this.#pieces.length;
  }

  /** The words that tokens spell. */
  text(tokens: readonly number[]): string {
    const bytes = Buffer.concat(tokens.map((token) => this.#pieces[token] ?? Buffer.alloc(0)));
    return bytes.toString('utf8').replaceAll('\u2581', ' ').trim();
  }
}
