/** What lies beside Supertonic's graphs: sizes, the numbers of signs, voices. */
import { readFile } from 'node:fs/promises';
import type { Tensor } from 'onnxruntime-node';
import { z } from 'zod';

import { ModelUnusableError } from '../../errors.js';
import { floatTensor } from '../onnx/tensors.js';

const size = z.int().positive();

/** `tts.json`, as far as it is needed. */
const configSchema = z.object({
  ae: z.object({ sample_rate: z.int().min(8000).max(48_000), base_chunk_size: size }),
  ttl: z.object({ latent_dim: size, chunk_compress_factor: size }),
});

export interface SupertonicConfig {
  sampleRateHz: number;
  /** Samples that one step of the latent stands for. */
  stepSamples: number;
  /** Numbers of one step. */
  width: number;
}

const styleSchema = z.object({ dims: z.array(size).length(3), data: z.unknown() });
const voiceSchema = z.object({ style_ttl: styleSchema, style_dp: styleSchema });

/** A voice: how it sounds, and how fast it speaks. */
export interface SupertonicVoice {
  sound: Tensor;
  pace: Tensor;
}

/** @throws ModelUnusableError */
export async function readSupertonicConfig(path: string): Promise<SupertonicConfig> {
  const { ae, ttl } = await readJson(path, configSchema);
  return {
    sampleRateHz: ae.sample_rate,
    stepSamples: ae.base_chunk_size * ttl.chunk_compress_factor,
    width: ttl.latent_dim * ttl.chunk_compress_factor,
  };
}

/** Numbers of signs by their code; below 0 for those that the model does not know. @throws ModelUnusableError */
export function readIndexer(path: string): Promise<number[]> {
  return readJson(path, z.array(z.int()));
}

/** @throws ModelUnusableError */
export async function readVoice(path: string): Promise<SupertonicVoice> {
  const { style_ttl: sound, style_dp: pace } = await readJson(path, voiceSchema);
  const tensor = ({ dims, data }: z.output<typeof styleSchema>): Tensor => {
    const numbers = [data].flat(4).map(Number);
    if (numbers.length !== dims.reduce((product, dim) => product * dim, 1) || numbers.some(Number.isNaN))
      throw new ModelUnusableError(`The voice ${path} has not the numbers that its sizes promise.`);
    return floatTensor(Float32Array.from(numbers), dims);
  };
  return { sound: tensor(sound), pace: tensor(pace) };
}

async function readJson<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.output<Schema>> {
  try {
    return schema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ModelUnusableError(`${path} is not what belongs to Supertonic: ${why}`, { cause });
  }
}
