/** What lies beside a Piper voice: its rate, its alphabet, its speakers. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';

import { ModelUnusableError } from '../../errors.js';

const configSchema = z.object({
  audio: z.object({ sample_rate: z.int().min(8000).max(48_000) }),
  espeak: z.object({ voice: z.string() }),
  phoneme_type: z.enum(['espeak', 'text']).default('espeak'),
  inference: z
    .object({
      noise_scale: z.number().default(0.667),
      length_scale: z.number().default(1),
      noise_w: z.number().default(0.8),
    })
    .default({ noise_scale: 0.667, length_scale: 1, noise_w: 0.8 }),
  phoneme_id_map: z.record(z.string(), z.array(z.int().nonnegative()).min(1)),
  num_speakers: z.int().positive().default(1),
  speaker_id_map: z.record(z.string(), z.int().nonnegative()).default({}),
});
export type PiperConfig = z.infer<typeof configSchema>;

/** @throws ModelUnusableError */
export async function readPiperConfig(path: string): Promise<PiperConfig> {
  try {
    return configSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ModelUnusableError(`${path} is not the configuration of a Piper voice: ${why}`, { cause });
  }
}

const [BEGIN, PAD, END] = ['^', '_', '$'];

/** Numbers of a clause's signs, as the voice was taught them: with padding after each. Unknown signs are left out. */
export function encode(text: string, { phoneme_id_map: map }: PiperConfig): number[] {
  const pad = map[PAD] ?? [];
  // Marks that belong to a letter are signs of their own in these alphabets.
  const signs = [...text.normalize('NFD')].flatMap((sign) => map[sign] ?? []);
  return [...(map[BEGIN] ?? []), ...pad, ...signs.flatMap((number) => [number, ...pad]), ...(map[END] ?? [])];
}
