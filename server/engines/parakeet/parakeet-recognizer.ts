/** Parakeet TDT as a speech recogniser. */
import { entryPoint } from '../../entry-point.js';
import { readOptions } from '../onnx/runner-options.js';
import { SteppedRecognizer, type SteppedRecognizerOptions } from '../recognition/stepped-recognizer.js';
import type { RunnerContext } from '../runners.js';
import { MOST_SECONDS, type ParakeetSetup } from './parakeet-model.js';

export type ParakeetOptions = ParakeetSetup & Pick<SteppedRecognizerOptions, 'logger' | 'onCrash'>;

/** New speech after which the words so far are asked for, ms. Every time all of the speech is heard anew. */
const PARTIAL_EVERY_MS = 500;
const SEGMENTS = { soonSeconds: 15, mostSeconds: MOST_SECONDS - 1 };

/**
 * Lengths that a graphics card is given, seconds: for every new one it searches anew for the best way to compute, which
 * takes longer than speech of that length. On a processor every length is as good.
 */
const CUDA_BUCKETS = [1, 2, 3, 4, 6, 8, 12, 16, 20, 25, MOST_SECONDS];

/** @throws ModelUnusableError */
export function startParakeet({ logger, onCrash, ...setup }: ParakeetOptions): Promise<SteppedRecognizer> {
  return SteppedRecognizer.start({
    name: 'parakeet',
    entry: entryPoint('./parakeet-worker', import.meta.url),
    setup,
    partialEveryMs: PARTIAL_EVERY_MS,
    segments: SEGMENTS,
    logger,
    ...(onCrash && { onCrash }),
  });
}

/** The runner of the catalogue's `parakeet-tdt`. The graphs have other names where they are of int8. */
export function runParakeet({ model, log }: RunnerContext): Promise<SteppedRecognizer> {
  const names = model.entry.files.map(({ name }) => name);
  const graph = (start: string): string =>
    model.path(names.find((name) => name.startsWith(start) && name.endsWith('.onnx')) ?? `${start}.onnx`);
  const files = {
    encoder: graph('encoder-model'),
    decoder: graph('decoder_joint-model'),
    vocabulary: model.path('vocab.txt'),
  };
  const { place } = readOptions(model, {});
  return startParakeet({
    files,
    buckets: place.device === 'cuda' ? CUDA_BUCKETS : [],
    ...place,
    logger: log,
  });
}
