/** What a catalogue entry says under `options` for a model that runs in ONNX Runtime. */
import { availableParallelism } from 'node:os';
import { z } from 'zod';

import { ConfigurationError } from '../../errors.js';
import type { ReadyModel } from '../../models/model-files.js';
import type { OnnxPlace } from './onnx-session.js';

/** Half of the processors, so that the models of a call do not fight; more than four gain little. */
function defaultThreads(): number {
  return Math.min(4, Math.max(1, Math.floor(availableParallelism() / 2)));
}

const place = {
  /** Threads of one run. */
  threads: z.int().min(1).max(64).optional(),
  device: z.enum(['cpu', 'cuda']).default('cpu'),
};

/**
 * @param own options of the runner besides `threads` and `device`.
 * @throws ConfigurationError naming what is wrong.
 */
export function readOptions<Own extends z.ZodRawShape>(
  { entry }: ReadyModel,
  own: Own,
): { place: Required<OnnxPlace>; own: z.output<z.ZodObject<Own>> } {
  const options = entry.options ?? {};
  const names = Object.keys(place);
  const ofPlace = Object.entries(options).filter(([name]) => names.includes(name));
  const ofOwn = Object.entries(options).filter(([name]) => !names.includes(name));
  const where = z.strictObject(place).safeParse(Object.fromEntries(ofPlace));
  const others = z.strictObject(own).safeParse(Object.fromEntries(ofOwn));
  if (where.success && others.success) {
    const { threads = defaultThreads(), device } = where.data;
    return { place: { threads, device }, own: others.data };
  }
  const issues = [where, others].flatMap(({ error }) => error?.issues ?? []);
  const words = issues.map((issue) => `${['options', ...issue.path].join('.')}: ${issue.message}`);
  throw new ConfigurationError(`The catalogue entry of ${entry.id} is wrong: ${words.join('; ')}.`);
}
