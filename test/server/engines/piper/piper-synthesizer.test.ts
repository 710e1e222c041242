import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';

import type { SpeechChunk } from '../../../../server/engines/engine-types.js';
import { encode, readPiperConfig } from '../../../../server/engines/piper/piper-config.js';
import { PiperModel } from '../../../../server/engines/piper/piper-model.js';
import { startPiper } from '../../../../server/engines/piper/piper-synthesizer.js';
import { ModelUnusableError } from '../../../../server/errors.js';
import { createLogger } from '../../../../server/log.js';
import { describeSpeechSynthesizer } from '../../../contract/speech-synthesizer.contract.js';
import { startSmall } from '../../../helpers/small-engines.js';
import { smallModel } from '../../../helpers/small-models.js';

const file = (name: string): string => smallModel('piper', name);
const speakers = {
  model: file('speakers.onnx'),
  config: file('speakers.onnx.json'),
  pronunciation: 'flite' as const,
  name: 'nobody',
};

describeSpeechSynthesizer('Piper', () => startSmall('synthesizer', 'piper-en-us-ryan-medium', 'piper'));
describeSpeechSynthesizer('Piper with several speakers', () =>
  startPiper({ ...speakers, voice: 'low', logger: createLogger('silent') }),
);

describe('a Piper voice', () => {
  const never = new AbortController().signal;

  it('is given its signs with padding after each, and the ends', async () => {
    const config = await readPiperConfig(file('model.onnx.json'));
    const { phoneme_id_map: map } = JSON.parse(await readFile(file('model.onnx.json'), 'utf8')) as {
      phoneme_id_map: Record<string, [number]>;
    };
    const numbers = (signs: string): number[] => [...signs].map((sign) => map[sign]?.[0] ?? NaN);
    expect(encode('jˈɛs.', config)).toEqual(numbers('^_j_ˈ_ɛ_s_._$'));
    // A click is no English sound.
    expect(encode('jǃ', config)).toEqual(numbers('^_j_$'));
  });

  it('speaks with the speaker that is asked for, at a rate that calls have', async () => {
    const model = await PiperModel.load(speakers);
    expect(model.sampleRateHz).toBe(24_000);
    expect(model.voices).toEqual(['high', 'low']);
    const pitches: number[] = [];
    for (const voice of model.voices) {
      for await (const { samples } of model.speak('Hello there, my friend.', voice, never)) {
        const part = samples.subarray(2400, -4800);
        const changes = part.filter((sample, index) => sample < 0 !== (part[index + 1] ?? sample) < 0).length;
        pitches.push((changes / 2 / part.length) * 24_000);
      }
    }
    expect(pitches[0]).toBeCloseTo(210, -0.5);
    expect(pitches[1]).toBeCloseTo(150, -0.5);
    await model.close();
  });

  it('speaks nothing where there is nothing to be spoken', async () => {
    const model = await PiperModel.load(speakers);
    const chunks: SpeechChunk[] = [];
    for (const text of ['', ' ', '...', '😀']) {
      for await (const chunk of model.speak(text, 'low', never)) chunks.push(chunk);
    }
    expect(chunks).toEqual([]);
    await model.close();
  });

  it.each([
    ['another configuration', { config: file('model.onnx') }, 'configuration of a Piper voice'],
    ['another graph', { model: smallModel('moonshine', 'encoder.ort') }, 'input_lengths'],
    ['a graph without speakers', { model: file('model.onnx') }, 'sid'],
  ])('says what is wrong with %s', async (_, changes, named) => {
    const loading = PiperModel.load({ ...speakers, ...changes });
    await expect(loading).rejects.toThrow(ModelUnusableError);
    await expect(loading).rejects.toThrow(named);
  });
});
