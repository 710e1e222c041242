import { basename } from 'node:path';
import { describe, expect, it, vi } from 'vitest';

import type { SpeechChunk } from '../../../../server/engines/engine-types.js';
import { OnnxSession } from '../../../../server/engines/onnx/onnx-session.js';
import {
  SupertonicModel,
  type SupertonicSetup,
} from '../../../../server/engines/supertonic/supertonic-model.js';
import { encode, supertonicText } from '../../../../server/engines/supertonic/supertonic-text.js';
import { ModelUnusableError } from '../../../../server/errors.js';
import { describeSpeechSynthesizer } from '../../../contract/speech-synthesizer.contract.js';
import { startSmall } from '../../../helpers/small-engines.js';
import { smallModel } from '../../../helpers/small-models.js';

const never = new AbortController().signal;
const file = (name: string): string => smallModel('supertonic', name);

describeSpeechSynthesizer('Supertonic', () => startSmall('synthesizer', 'supertonic-3', 'supertonic'));

describe('Supertonic', () => {
  const setup: SupertonicSetup = {
    files: {
      duration: file('duration_predictor.onnx'),
      encoder: file('text_encoder.onnx'),
      estimator: file('vector_estimator.onnx'),
      vocoder: file('vocoder.onnx'),
      config: file('tts.json'),
      indexer: file('unicode_indexer.json'),
    },
    voices: { F1: file('F1.json'), M5: file('M5.json') },
    language: 'en',
    steps: 5,
    speed: 1,
    buckets: [],
  };
  const speak = async (
    changes: Partial<SupertonicSetup>,
    text: string,
    voice = 'F1',
  ): Promise<SpeechChunk[]> => {
    const model = await SupertonicModel.load({ ...setup, ...changes });
    const chunks: SpeechChunk[] = [];
    for await (const chunk of model.speak(text, voice, never)) chunks.push(chunk);
    await model.close();
    return chunks;
  };
  /** Hz, by the changes of sign. */
  const pitch = (samples: Int16Array): number => {
    const changes = samples.filter(
      (sample, index) => sample < 0 !== (samples[index + 1] ?? sample) < 0,
    ).length;
    return (changes / 2 / samples.length) * 24_000;
  };

  it.each([1, 5, 8])('arrives at the voice in %d steps, at a rate that calls have', async (steps) => {
    for (const [voice, hz] of [
      ['F1', 140],
      ['M5', 275],
    ] as const) {
      const [chunk] = await speak({ steps }, 'What is the time now?', voice);
      expect(pitch(chunk?.samples.subarray(2400, -2400) ?? new Int16Array(0))).toBeCloseTo(hz, -0.7);
    }
  });

  it('speaks as long as the model says, at the pace that is wanted', async () => {
    // 60 ms for every sign, those of the language among them.
    const seconds = '<en>What is the time now?</en>'.length * 0.06;
    for (const speed of [1, 1.5]) {
      const [chunk] = await speak({ speed }, 'What is the time now?');
      const { samples, words } = chunk ?? { samples: new Int16Array(0), words: [] };
      expect(samples.length / 24_000).toBeGreaterThan(seconds / speed - 0.1);
      expect(samples.length / 24_000).toBeLessThanOrEqual(seconds / speed);
      expect(words.map(({ text }) => text)).toEqual(['What', 'is', 'the', 'time', 'now?']);
    }
  });

  it('speaks the same when text and latent are padded to lengths that are known', async () => {
    for (const text of ['Yes.', 'What is the time now?']) {
      const [plain] = await speak({}, text, 'M5');
      const [padded] = await speak({ buckets: [40, 100] }, text, 'M5');
      expect(padded?.samples.length).toBe(plain?.samples.length);
      expect(padded?.words).toEqual(plain?.words);
      expect(pitch(padded?.samples.subarray(2400, -2400) ?? new Int16Array(0))).toBeCloseTo(275, -0.7);
      // Longer than any of them: as it is.
      const [longer] = await speak({ buckets: [2] }, text, 'M5');
      expect(longer?.samples.length).toBe(plain?.samples.length);
    }
  });

  it('computes no length but those, whatever is said', async () => {
    const run = vi.spyOn(OnnxSession.prototype, 'run');
    const computed = (): Set<string> =>
      new Set(
        run.mock.calls.map(([feeds], call) => {
          const sizes = ['text_ids', 'noisy_latent', 'latent'].map((name) => feeds[name]?.dims.at(-1) ?? 0);
          return `${basename((run.mock.contexts[call] as OnnxSession).path)} ${Math.max(...sizes)}`;
        }),
      );
    const model = await SupertonicModel.load({ ...setup, buckets: [32, 64, 96] });
    const warmed = computed();
    expect(warmed.size).toBe(4 * 3);
    for (const text of ['Yes.', 'What is the time now?', 'This is a longer sentence, with a comma in it.']) {
      for await (const chunk of model.speak(text, 'F1', never)) expect(chunk.words[0]?.text).not.toBe('');
      const masks = run.mock.calls.flatMap(([feeds]) => feeds['latent_mask'] ?? []);
      const counted = (masks.at(-1)?.data as Float32Array).reduce((sum, counts) => sum + counts, 0);
      expect(counted).toBe(Math.ceil((`<en>${text}</en>`.length * 0.06 * 44_100) / 3072));
    }
    expect(computed()).toEqual(warmed);
    run.mockRestore();
    await model.close();
  });

  it('speaks other languages, and nothing where there is nothing to be spoken', async () => {
    const [chunk] = await speak({ language: 'de' }, 'Schön, dass du da bist!');
    expect(chunk?.words.map(({ text }) => text)).toEqual(['Schön,', 'dass', 'du', 'da', 'bist!']);
    for (const text of ['', ' ', '...', '😀']) expect(await speak({}, text)).toEqual([]);
  });

  it.each([
    ['another graph', { files: { ...setup.files, vocoder: file('text_encoder.onnx') } }, 'latent'],
    ['another voice', { voices: { F1: file('tts.json') } }, 'tts.json'],
    ['another configuration', { files: { ...setup.files, config: file('F1.json') } }, 'F1.json'],
  ])('says what is wrong with %s', async (_, changes, named) => {
    const loading = SupertonicModel.load({ ...setup, ...changes });
    await expect(loading).rejects.toThrow(ModelUnusableError);
    await expect(loading).rejects.toThrow(named);
  });
});

describe('the text of Supertonic', () => {
  it('is plain, ended, and says its language', () => {
    expect(supertonicText('  Well – “yes”, said  Anna 😀 ', 'en')).toBe('<en>Well - "yes", said Anna.</en>');
    expect(supertonicText('Write to me @ home / work , e.g., now!', 'en')).toBe(
      '<en>Write to me at home work, for example, now!</en>',
    );
    expect(supertonicText('schön', 'de')).toBe('<de>scho\u0308n.</de>');
    expect(supertonicText('— 😀 ...', 'en')).toBe('');
  });

  it('has numbers for the signs that are known', () => {
    const indexer = Array.from({ length: 128 }, (_, code) => (code === 98 ? -1 : code - 90));
    expect(encode('acb€', indexer)).toEqual([7, 9]);
  });
});
