/** Pocket TTS as a synthesiser: English; the first sound comes after one frame, however long the clause is. */
import { z } from 'zod';

import { entryPoint } from '../../entry-point.js';
import { readOptions } from '../onnx/runner-options.js';
import type { RunnerContext } from '../runners.js';
import { OnnxSynthesizer, type OnnxSynthesizerOptions } from '../synthesis/onnx-synthesizer.js';
import type { PocketSetup } from './pocket-model.js';

export type PocketOptions = PocketSetup & Pick<OnnxSynthesizerOptions, 'logger' | 'onCrash'>;

/** @throws ModelUnusableError */
export function startPocket({ logger, onCrash, ...setup }: PocketOptions): Promise<OnnxSynthesizer> {
  return OnnxSynthesizer.start({
    name: 'pocket-tts',
    entry: entryPoint('./pocket-worker', import.meta.url),
    setup,
    logger,
    ...(onCrash && { onCrash }),
  });
}

/** The runner of the catalogue's `pocket-tts`. */
export function runPocket({ model, log }: RunnerContext): Promise<OnnxSynthesizer> {
  const { place, own } = readOptions(model, { flowSteps: z.int().min(1).max(32).default(1) });
  const { voices = [], id } = model.entry;
  return startPocket({
    files: {
      main: model.path('lm_main.int8.onnx'),
      flow: model.path('lm_flow.int8.onnx'),
      decoder: model.path('decoder.int8.onnx'),
      conditioner: model.path('text_conditioner.onnx'),
      voice: model.path('encoder.onnx'),
      vocabulary: model.path('vocab.json'),
      scores: model.path('token_scores.json'),
    },
    name: voices[0] ?? id,
    flowSteps: own.flowSteps,
    ...place,
    logger: log,
  });
}
