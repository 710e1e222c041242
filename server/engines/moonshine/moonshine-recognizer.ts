/** Streaming Moonshine as a speech recogniser: small, quick on a processor, words while the caller speaks. */
import { entryPoint } from '../../entry-point.js';
import { readOptions } from '../onnx/runner-options.js';
import { SteppedRecognizer, type SteppedRecognizerOptions } from '../recognition/stepped-recognizer.js';
import type { RunnerContext } from '../runners.js';
import type { MoonshineSetup } from './moonshine-model.js';

export type MoonshineOptions = MoonshineSetup & Pick<SteppedRecognizerOptions, 'logger' | 'onCrash'>;

/** New speech after which the words so far are asked for, ms. */
const PARTIAL_EVERY_MS = 300;
/** It was trained on stretches of up to half a minute. */
const SEGMENTS = { soonSeconds: 15, mostSeconds: 25 };

/** @throws ModelUnusableError */
export function startMoonshine({ logger, onCrash, ...setup }: MoonshineOptions): Promise<SteppedRecognizer> {
  return SteppedRecognizer.start({
    name: 'moonshine',
    entry: entryPoint('./moonshine-worker', import.meta.url),
    setup,
    partialEveryMs: PARTIAL_EVERY_MS,
    segments: SEGMENTS,
    logger,
    ...(onCrash && { onCrash }),
  });
}

/** The runner of the catalogue's `moonshine-streaming`. */
export function runMoonshine({ model, log }: RunnerContext): Promise<SteppedRecognizer> {
  const split = model.entry.files.some(({ name }) => name === 'frontend.weights.ort');
  const files = {
    frontend: model.path(split ? 'frontend.model.ort' : 'frontend.ort'),
    frontendWeights: split ? model.path('frontend.weights.ort') : undefined,
    encoder: model.path('encoder.ort'),
    adapter: model.path('adapter.ort'),
    crossKv: model.path('cross_kv.ort'),
    decoder: model.path('decoder_kv.ort'),
    config: model.path('streaming_config.json'),
    vocabulary: model.path('tokenizer.bin'),
  };
  return startMoonshine({ files, ...readOptions(model, {}).place, logger: log });
}
