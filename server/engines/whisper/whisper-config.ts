/** What lies beside Whisper's graphs: its sizes, its special tokens and its vocabulary. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';

import { ModelUnusableError } from '../../errors.js';

const token = z.int().nonnegative();
const tokens = z.array(token).nullish();

const configSchema = z.object({
  decoder_layers: z.int().positive(),
  decoder_attention_heads: z.int().positive(),
  d_model: z.int().positive(),
  num_mel_bins: z.int().positive().default(80),
  decoder_start_token_id: token,
  eos_token_id: token,
  max_target_positions: z.int().positive().default(448),
  suppress_tokens: tokens,
  begin_suppress_tokens: tokens,
});

const generationSchema = z.object({
  is_multilingual: z.boolean().default(false),
  lang_to_id: z.record(z.string(), token).default({}),
  task_to_id: z.record(z.string(), token).default({}),
  no_timestamps_token_id: token.optional(),
  suppress_tokens: tokens,
  begin_suppress_tokens: tokens,
});

const tokenizerSchema = z.object({
  model: z.object({ vocab: z.record(z.string(), token) }),
  added_tokens: z.array(z.object({ id: token, content: z.string() })).default([]),
});

/** What is needed of all of it. */
export interface WhisperConfig {
  layers: number;
  heads: number;
  /** Numbers of one head. */
  headSize: number;
  bands: number;
  /** Tokens that every answer begins with. */
  prompt: number[];
  end: number;
  /** Tokens at most, the prompt among them. */
  maxTokens: number;
  /** Never chosen; and not as the first. */
  suppressed: number[];
  suppressedFirst: number[];
}

export interface WhisperConfigFiles {
  config: string;
  generationConfig: string;
}

/**
 * @param language ISO 639-1 code of what is spoken; models that know one language take no notice.
 * @throws ModelUnusableError
 */
export async function readWhisperConfig(
  { config: configPath, generationConfig: generationPath }: WhisperConfigFiles,
  language: string,
): Promise<WhisperConfig> {
  const config = await readJson(configPath, configSchema);
  const generation = await readJson(generationPath, generationSchema);
  const prompt = [config.decoder_start_token_id];
  if (generation.is_multilingual) {
    const ofLanguage = generation.lang_to_id[`<|${language}|>`];
    const transcribe = generation.task_to_id['transcribe'];
    if (ofLanguage === undefined || transcribe === undefined) {
      const known = Object.keys(generation.lang_to_id).map((name) => name.slice(2, -2));
      throw new ModelUnusableError(
        `${generationPath} knows no language ${language}. Languages: ${known.join(', ')}.`,
      );
    }
    prompt.push(ofLanguage, transcribe);
  }
  if (generation.no_timestamps_token_id !== undefined) prompt.push(generation.no_timestamps_token_id);
  return {
    layers: config.decoder_layers,
    heads: config.decoder_attention_heads,
    headSize: config.d_model / config.decoder_attention_heads,
    bands: config.num_mel_bins,
    prompt,
    end: config.eos_token_id,
    maxTokens: config.max_target_positions,
    suppressed: generation.suppress_tokens ?? config.suppress_tokens ?? [],
    suppressedFirst: generation.begin_suppress_tokens ?? config.begin_suppress_tokens ?? [],
  };
}

/** Byte-level pieces of words, as GPT-2 has them. */
export class WhisperVocabulary {
  readonly #pieces: ReadonlyMap<number, string>;
  readonly #special: ReadonlySet<number>;

  private constructor(pieces: ReadonlyMap<number, string>, special: ReadonlySet<number>) {
    this.#pieces = pieces;
    this.#special = special;
  }

  /** @param path of `tokenizer.json`. @throws ModelUnusableError */
  static async read(path: string): Promise<WhisperVocabulary> {
    const { model, added_tokens: added } = await readJson(path, tokenizerSchema);
    const pieces = new Map(Object.entries(model.vocab).map(([piece, number]) => [number, piece]));
    return new WhisperVocabulary(pieces, new Set(added.map(({ id }) => id)));
  }

  /** The words that tokens spell, without those that are no words. */
  text(numbers: readonly number[]): string {
    const signs = numbers
      .filter((number) => !this.#special.has(number))
      .map((number) => this.#pieces.get(number) ?? '');
    const bytes = [...signs.join('')].map((sign) => BYTES.get(sign) ?? 0x20);
    return Buffer.from(bytes).toString('utf8').trim();
  }
}

/**
 * GPT-2 writes every byte as a printable sign: itself where it is one, else the next free sign from U+0100 on
 * (openai/gpt-2, src/encoder.py).
 */
const BYTES: ReadonlyMap<string, number> = bytesBySign();

function bytesBySign(): Map<string, number> {
  const isPrintable = (byte: number): boolean =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  let free = 0x100;
  return new Map(
    Array.from({ length: 256 }, (_, byte) => [String.fromCodePoint(isPrintable(byte) ? byte : free++), byte]),
  );
}

async function readJson<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.output<Schema>> {
  try {
    return schema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ModelUnusableError(`${path} is not what belongs to a Whisper model: ${why}`, { cause });
  }
}
