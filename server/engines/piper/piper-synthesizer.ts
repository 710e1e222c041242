/** Piper as a synthesiser. */
import { z } from 'zod';

import { entryPoint } from '../../entry-point.js';
import { readOptions } from '../onnx/runner-options.js';
import type { RunnerContext } from '../runners.js';
import { OnnxSynthesizer, type OnnxSynthesizerOptions } from '../synthesis/onnx-synthesizer.js';
import type { PiperSetup } from './piper-model.js';

export type PiperOptions = PiperSetup & Pick<OnnxSynthesizerOptions, 'voice' | 'logger' | 'onCrash'>;

/** @throws ModelUnusableError */
export function startPiper({ voice, logger, onCrash, ...setup }: PiperOptions): Promise<OnnxSynthesizer> {
  return OnnxSynthesizer.start({
    name: 'piper',
    entry: entryPoint('./piper-worker', import.meta.url),
    setup,
    voice,
    logger,
    ...(onCrash && { onCrash }),
  });
}

/** The runner of the catalogue's `piper`. English is pronounced by Flite unless the entry says otherwise. */
export function runPiper({ model, config, log }: RunnerContext): Promise<OnnxSynthesizer> {
  const { place, own } = readOptions(model, { pronunciation: z.enum(['flite', 'espeak-ng']).optional() });
  const { languages, voices = [], id } = model.entry;
  return startPiper({
    model: model.path('model.onnx'),
    config: model.path('model.onnx.json'),
    pronunciation: own.pronunciation ?? (languages[0] === 'en' ? 'flite' : 'espeak-ng'),
    name: voices[0] ?? id,
    ...place,
    voice: config.synthesizer.voice || undefined,
    logger: log,
  });
}
