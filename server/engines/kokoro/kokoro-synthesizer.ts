/** Kokoro as a synthesiser. English only: it reads sounds, and whose sounds those are, Flite knows for English. */
import { z } from 'zod';

import { entryPoint } from '../../entry-point.js';
import { readOptions } from '../onnx/runner-options.js';
import type { RunnerContext } from '../runners.js';
import { OnnxSynthesizer, type OnnxSynthesizerOptions } from '../synthesis/onnx-synthesizer.js';
import type { KokoroSetup } from './kokoro-model.js';

export type KokoroOptions = KokoroSetup & Pick<OnnxSynthesizerOptions, 'voice' | 'logger' | 'onCrash'>;

/** @throws ModelUnusableError */
export function startKokoro({ voice, logger, onCrash, ...setup }: KokoroOptions): Promise<OnnxSynthesizer> {
  return OnnxSynthesizer.start({
    name: 'kokoro',
    entry: entryPoint('./kokoro-worker', import.meta.url),
    setup,
    voice,
    logger,
    ...(onCrash && { onCrash }),
  });
}

/** The runner of the catalogue's `kokoro`. Its voices are the files `NAME.bin`. */
export function runKokoro({ model, config, log }: RunnerContext): Promise<OnnxSynthesizer> {
  const { place, own } = readOptions(model, { speed: z.number().min(0.5).max(2).default(1) });
  const names = model.entry.files.map(({ name }) => name).filter((name) => name.endsWith('.bin'));
  return startKokoro({
    model: model.path('model.onnx'),
    tokenizer: model.path('tokenizer.json'),
    voices: Object.fromEntries(names.map((name) => [name.slice(0, -'.bin'.length), model.path(name)])),
    speed: own.speed,
    ...place,
    voice: config.synthesizer.voice || undefined,
    logger: log,
  });
}
