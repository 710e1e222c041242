/** Whisper and Distil-Whisper as speech recognisers. */
import { z } from 'zod';

import { entryPoint } from '../../entry-point.js';
import { readOptions } from '../onnx/runner-options.js';
import { SteppedRecognizer, type SteppedRecognizerOptions } from '../recognition/stepped-recognizer.js';
import type { RunnerContext } from '../runners.js';
import { WINDOW_SECONDS, type WhisperSetup } from './whisper-model.js';

export type WhisperOptions = WhisperSetup & Pick<SteppedRecognizerOptions, 'logger' | 'onCrash'>;

/** New speech after which the words so far are asked for, ms. Every time costs the whole of the encoder. */
const PARTIAL_EVERY_MS = 1000;
const SEGMENTS = { soonSeconds: 20, mostSeconds: WINDOW_SECONDS - 1 };

/** @throws ModelUnusableError */
export function startWhisper({ logger, onCrash, ...setup }: WhisperOptions): Promise<SteppedRecognizer> {
  return SteppedRecognizer.start({
    name: 'whisper',
    entry: entryPoint('./whisper-worker', import.meta.url),
    setup,
    partialEveryMs: PARTIAL_EVERY_MS,
    segments: SEGMENTS,
    logger,
    ...(onCrash && { onCrash }),
  });
}

/** The runner of the catalogue's `whisper`. */
export function runWhisper({ model, log }: RunnerContext): Promise<SteppedRecognizer> {
  const { place, own } = readOptions(model, { language: z.string().default('en') });
  const files = {
    encoder: model.path('encoder_model.onnx'),
    decoder: model.path('decoder_model_merged.onnx'),
    config: model.path('config.json'),
    generationConfig: model.path('generation_config.json'),
    tokenizer: model.path('tokenizer.json'),
  };
  return startWhisper({ files, language: own.language, ...place, logger: log });
}
