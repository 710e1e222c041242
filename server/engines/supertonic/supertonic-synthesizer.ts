/** Supertonic as a synthesiser. */
import { z } from 'zod';

import { entryPoint } from '../../entry-point.js';
import { readOptions } from '../onnx/runner-options.js';
import type { RunnerContext } from '../runners.js';
import { OnnxSynthesizer, type OnnxSynthesizerOptions } from '../synthesis/onnx-synthesizer.js';
import type { SupertonicSetup } from './supertonic-model.js';

export type SupertonicOptions = SupertonicSetup &
  Pick<OnnxSynthesizerOptions, 'voice' | 'logger' | 'onCrash'>;

/** @throws ModelUnusableError */
export function startSupertonic({
  voice,
  logger,
  onCrash,
  ...setup
}: SupertonicOptions): Promise<OnnxSynthesizer> {
  return OnnxSynthesizer.start({
    name: 'supertonic',
    entry: entryPoint('./supertonic-worker', import.meta.url),
    setup,
    voice,
    logger,
    ...(onCrash && { onCrash }),
  });
}

/**
 * Lengths that a graphics card is given: for every new one it searches anew for the best way to compute. The authors' own
 * code pads texts that it computes together in the same way. On a processor padding would be work for nothing.
 */
const CUDA_BUCKETS = [32, 64, 96, 128, 160, 192, 256];

/** Files that are no voices. */
const NO_VOICES = ['tts.json', 'unicode_indexer.json'];

/** The runner of the catalogue's `supertonic`. Its voices are the files `NAME.json`. */
export function runSupertonic({ model, config, log }: RunnerContext): Promise<OnnxSynthesizer> {
  const { place, own } = readOptions(model, {
    language: z.enum(model.entry.languages).default('en'),
    steps: z.int().min(1).max(50).default(5),
    speed: z.number().min(0.5).max(2).default(1.05),
  });
  const names = model.entry.files.map(({ name }) => name);
  const voices = names.filter((name) => name.endsWith('.json') && !NO_VOICES.includes(name));
  return startSupertonic({
    files: {
      duration: model.path('duration_predictor.onnx'),
      encoder: model.path('text_encoder.onnx'),
      estimator: model.path('vector_estimator.onnx'),
      vocoder: model.path('vocoder.onnx'),
      config: model.path('tts.json'),
      indexer: model.path('unicode_indexer.json'),
    },
    voices: Object.fromEntries(voices.map((name) => [name.slice(0, -'.json'.length), model.path(name)])),
    ...own,
    buckets: place.device === 'cuda' ? CUDA_BUCKETS : [],
    ...place,
    voice: config.synthesizer.voice || undefined,
    logger: log,
  });
}
