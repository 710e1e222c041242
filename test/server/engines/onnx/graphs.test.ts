import { afterEach, describe, expect, it, vi } from 'vitest';

import { OnnxSession } from '../../../../server/engines/onnx/onnx-session.js';
import { ParakeetModel } from '../../../../server/engines/parakeet/parakeet-model.js';
import { PocketModel } from '../../../../server/engines/pocket-tts/pocket-model.js';
import { SupertonicModel } from '../../../../server/engines/supertonic/supertonic-model.js';
import { smallModel } from '../../../helpers/small-models.js';

const parakeet = (name: string): string => smallModel('parakeet', name);
const supertonic = (name: string): string => smallModel('supertonic', name);
const pocket = (name: string): string => smallModel('pocket-tts', name);

/** Models of several graphs; the last one is `last`. */
const models = {
  Parakeet: {
    right: parakeet('decoder_joint-model.int8.onnx'),
    load: (last: string) =>
      ParakeetModel.load({
        files: {
          encoder: parakeet('encoder-model.int8.onnx'),
          decoder: last,
          vocabulary: parakeet('vocab.txt'),
        },
        buckets: [1],
      }),
  },
  Supertonic: {
    right: supertonic('vocoder.onnx'),
    load: (last: string) =>
      SupertonicModel.load({
        files: {
          duration: supertonic('duration_predictor.onnx'),
          encoder: supertonic('text_encoder.onnx'),
          estimator: supertonic('vector_estimator.onnx'),
          vocoder: last,
          config: supertonic('tts.json'),
          indexer: supertonic('unicode_indexer.json'),
        },
        voices: { F1: supertonic('F1.json') },
        language: 'en',
        steps: 1,
        speed: 1,
        buckets: [32],
      }),
  },
  'Pocket TTS': {
    right: pocket('text_conditioner.onnx'),
    load: (last: string) =>
      PocketModel.load({
        files: {
          main: pocket('lm_main.int8.onnx'),
          flow: pocket('lm_flow.int8.onnx'),
          decoder: pocket('decoder.int8.onnx'),
          conditioner: last,
          voice: pocket('encoder.onnx'),
          vocabulary: pocket('vocab.json'),
          scores: pocket('token_scores.json'),
        },
        name: 'alba',
        flowSteps: 1,
      }),
  },
};

describe.each(Object.entries(models))('%s that cannot be loaded', (_name, { right, load }) => {
  afterEach(() => vi.restoreAllMocks());

  /** What is left open of the graphs when loading has failed. */
  async function leftOpen(last: string): Promise<{ opened: number; closed: number }> {
    const opening = vi.spyOn(OnnxSession, 'open');
    const closing = vi.spyOn(OnnxSession.prototype, 'close');
    await expect(load(last)).rejects.toThrow();
    const settled = await Promise.allSettled(opening.mock.results.map(({ value }) => value as unknown));
    const opened = settled.filter(({ status }) => status === 'fulfilled').length;
    return { opened, closed: new Set(closing.mock.contexts).size };
  }

  it('keeps no graph when another is missing', async () => {
    const { opened, closed } = await leftOpen('/nowhere/model.onnx');
    expect(opened).toBeGreaterThan(0);
    expect(closed).toBe(opened);
  });

  it('keeps no graph when the first run fails', async () => {
    vi.spyOn(OnnxSession.prototype, 'run').mockRejectedValue(new Error('no memory'));
    const { opened, closed } = await leftOpen(right);
    expect(opened).toBeGreaterThan(1);
    expect(closed).toBe(opened);
  });
});
