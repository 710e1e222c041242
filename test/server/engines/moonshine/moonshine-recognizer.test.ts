import { describe, expect, it } from 'vitest';

import { CrossCache } from '../../../../server/engines/moonshine/cross-cache.js';
import { decode } from '../../../../server/engines/moonshine/moonshine-decoder.js';
import { MoonshineHearing } from '../../../../server/engines/moonshine/moonshine-hearing.js';
import type { MoonshineFiles } from '../../../../server/engines/moonshine/moonshine-model.js';
import { MoonshineModel } from '../../../../server/engines/moonshine/moonshine-model.js';
import { ModelUnusableError } from '../../../../server/errors.js';
import { describeSpeechRecognizer } from '../../../contract/speech-recognizer.contract.js';
import { startSmall } from '../../../helpers/small-engines.js';
import { smallModel, toneSentences } from '../../../helpers/small-models.js';

function files(changes: Partial<MoonshineFiles> = {}): MoonshineFiles {
  const file = (name: string): string => smallModel('moonshine', name);
  return {
    frontend: file('frontend.model.ort'),
    frontendWeights: file('frontend.weights.ort'),
    encoder: file('encoder.ort'),
    adapter: file('adapter.ort'),
    crossKv: file('cross_kv.ort'),
    decoder: file('decoder_kv.ort'),
    config: file('streaming_config.json'),
    vocabulary: file('tokenizer.bin'),
    ...changes,
  };
}

describeSpeechRecognizer('Moonshine', {
  start: () => startSmall('recognizer', 'moonshine-tiny-streaming-en', 'moonshine'),
  sentences: () => Promise.resolve(toneSentences()),
});

describe('a Moonshine model', () => {
  const never = new AbortController().signal;
  const [{ speech, words }] = toneSentences();
  const sound = Float32Array.from(speech, (sample) => sample / 32_768);

  it('hears the same however the sound is cut and however often it is asked', async () => {
    const model = await MoonshineModel.load({ files: files() });
    for (const step of [100, 999, 1280, 5000, sound.length]) {
      const stream = model.open();
      const soFar: string[] = [];
      for (let at = 0; at < sound.length; at += step) {
        await stream.push(sound.slice(at, at + step));
        soFar.push(await stream.words(false, never));
      }
      expect(soFar.every((part) => words.startsWith(part))).toBe(true);
      expect(await stream.words(true, never)).toBe(words);
    }
    await model.close();
  });

  it('makes the same frames of sound that comes bit by bit as of all of it at once', async () => {
    const model = await MoonshineModel.load({ files: files() });
    const { config, graphs } = model;
    const whole = new MoonshineHearing(graphs, config);
    await whole.push(sound);
    const wanted = (await whole.ended()).memory;
    const bits = new MoonshineHearing(graphs, config);
    for (let at = 0; at < sound.length; at += 700) {
      await bits.push(sound.slice(at, at + 700));
      await bits.encode();
    }
    const { memory } = await bits.ended();
    expect(memory.length).toBe(wanted.length);
    const differences = memory.values.map((value, index) => Math.abs(value - (wanted.values[index] ?? NaN)));
    expect(Math.max(...differences)).toBeLessThan(1e-3);
    await model.close();
  });

  it('goes on after final words as if it had not been asked', async () => {
    const model = await MoonshineModel.load({ files: files() });
    const stream = model.open();
    const half = Math.round(sound.length / 2) + 333;
    await stream.push(sound.slice(0, half));
    const first = await stream.words(true, never);
    expect(first).not.toBe('');
    expect(words.startsWith(first)).toBe(true);
    await stream.push(sound.slice(half));
    expect(await stream.words(true, never)).toBe(words);
    await model.close();
  });

  it('writes what it hears, whatever the draft', async () => {
    const model = await MoonshineModel.load({ files: files() });
    const { config, graphs } = model;
    const hearing = new MoonshineHearing(graphs, config);
    await hearing.push(sound);
    const { memory } = await hearing.ended();
    const cross = new CrossCache(graphs.crossKv, config);
    await cross.follow(memory);
    const heard = { cross, frames: memory.length };
    // Pieces have the numbers from 3 on, in the order of their tones.
    const right = [3, 4, 5, 6, 7, 8];
    for (const draft of [[], right, [3, 4], [3, 4, 13, 7], [9], [3, 4, 5, 6, 7, 8, 9, 10]]) {
      expect(await decode(graphs.decoder, config, heard, draft, never)).toEqual(right);
    }
    await model.close();
  });

  it('takes a front end with its weights inside', async () => {
    const inside = { frontend: smallModel('moonshine', 'frontend.ort'), frontendWeights: undefined };
    const model = await MoonshineModel.load({ files: files(inside) });
    const stream = model.open();
    await stream.push(sound);
    expect(await stream.words(true, never)).toBe(words);
    await model.close();
  });

  it.each([
    ['weights that are missing', { frontendWeights: undefined }, 'embedder.linear'],
    ['another graph', { encoder: smallModel('moonshine', 'adapter.ort') }, 'features'],
    ['a missing file', { adapter: '/nowhere/adapter.ort' }, '/nowhere/adapter.ort'],
    ['another configuration', { config: smallModel('moonshine', 'tokenizer.bin') }, 'tokenizer.bin'],
  ])('says what is wrong with %s', async (_, changes, named) => {
    const loading = MoonshineModel.load({ files: files(changes) });
    await expect(loading).rejects.toThrow(ModelUnusableError);
    await expect(loading).rejects.toThrow(named);
  });
});
