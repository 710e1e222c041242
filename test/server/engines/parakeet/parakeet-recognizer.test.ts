import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';

import { OnnxSession } from '../../../../server/engines/onnx/onnx-session.js';
import { ParakeetModel } from '../../../../server/engines/parakeet/parakeet-model.js';
import { ParakeetVocabulary } from '../../../../server/engines/parakeet/parakeet-vocabulary.js';
import { decodeTdt } from '../../../../server/engines/parakeet/tdt-decoder.js';
import { ModelUnusableError } from '../../../../server/errors.js';
import { describeSpeechRecognizer } from '../../../contract/speech-recognizer.contract.js';
import { startSmall } from '../../../helpers/small-engines.js';
import { smallModel, toneSentences } from '../../../helpers/small-models.js';

describeSpeechRecognizer('Parakeet', {
  start: () => startSmall('recognizer', 'parakeet-tdt-0.6b-v3-int8', 'parakeet'),
  sentences: () => Promise.resolve(toneSentences()),
});

describe('decoding with durations', () => {
  const BLANK = 9;

  /** Decodes with the choices for each frame, `[token, duration]`; the state is all tokens that were taken. */
  const decode = async (script: [number, number][][]): Promise<{ tokens: number[]; asked: string[] }> => {
    const asked: string[] = [];
    const left = script.map((choices) => [...choices]);
    const tokens = await decodeTdt(script.length, BLANK, '', (frame, last, state) => {
      asked.push(`${frame} after ${last} knowing ${state}`);
      const [token, duration] = left[frame]?.shift() ?? [BLANK, 1];
      return Promise.resolve({ token, duration, state: `${state}${last}` });
    });
    return { tokens, asked };
  };

  it('goes on by durations, and remembers tokens only', async () => {
    const { tokens, asked } = await decode([
      [
        [1, 0],
        [2, 2],
      ],
      [],
      [[BLANK, 1]],
      [[3, 4]],
      [],
    ]);
    expect(tokens).toEqual([1, 2, 3]);
    expect(asked).toEqual([
      '0 after 9 knowing ',
      '0 after 1 knowing 9',
      '2 after 2 knowing 91',
      '3 after 2 knowing 91',
    ]);
  });

  it('goes on where the model would stay for ever', async () => {
    const { tokens } = await decode([Array.from({ length: 99 }, () => [1, 0]), [[BLANK, 0]], [[2, 1]]]);
    expect(tokens).toEqual([...Array.from({ length: 10 }, () => 1), 2]);
  });
});

describe('a Parakeet model', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-parakeet-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = (name: string): string => smallModel('parakeet', name);
  const files = {
    encoder: file('encoder-model.int8.onnx'),
    decoder: file('decoder_joint-model.int8.onnx'),
    vocabulary: file('vocab.txt'),
  };

  it('hears nothing in what is shorter than a frame, and stops between two frames', async () => {
    const model = await ParakeetModel.load({ files, buckets: [] });
    const stream = model.open();
    await stream.push(new Float32Array(1000));
    expect(await stream.words(true, new AbortController().signal)).toBe('');
    const [{ speech }] = toneSentences();
    await stream.push(Float32Array.from(speech, (sample) => sample / 32_768));
    await expect(stream.words(true, AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' });
    await model.close();
  });

  it('hears the same in speech that is padded to a length that is known', async () => {
    const never = new AbortController().signal;
    for (const buckets of [[], [1, 4, 30], [30]]) {
      const model = await ParakeetModel.load({ files, buckets });
      for (const { speech, words } of toneSentences()) {
        const stream = model.open();
        await stream.push(Float32Array.from(speech, (sample) => sample / 32_768));
        expect(await stream.words(true, never)).toBe(words);
      }
      await model.close();
    }
  });

  it('computes every length at the start, and none when it replaces one that died', async () => {
    const run = vi.spyOn(OnnxSession.prototype, 'run');
    for (const [warm, runs] of [
      [true, 2],
      [false, 0],
    ] as const) {
      const model = await ParakeetModel.load({ files, buckets: [1, 4] }, warm);
      expect(run).toHaveBeenCalledTimes(runs);
      run.mockClear();
      await model.close();
    }
    run.mockRestore();
  });

  it('says which line of a vocabulary is wrong, and that there must be a blank', async () => {
    const path = join(folder, 'vocab.txt');
    writeFileSync(path, '\u2581a 0\nwrong\n');
    await expect(ParakeetVocabulary.read(path)).rejects.toThrow('line 2');
    writeFileSync(path, '\u2581a 0\nb 1\n');
    await expect(ParakeetVocabulary.read(path)).rejects.toThrow('<blk>');
    writeFileSync(path, '\u2581a 0\nb 1\n<unk> 2\n<blk> 3\n');
    const vocabulary = await ParakeetVocabulary.read(path);
    expect(vocabulary.blank).toBe(3);
    expect(vocabulary.text([0, 1, 2, 0])).toBe('ab a');
  });

  it('says what is wrong with another graph', async () => {
    const loading = ParakeetModel.load({ files: { ...files, decoder: files.encoder }, buckets: [] });
    await expect(loading).rejects.toThrow(ModelUnusableError);
    await expect(loading).rejects.toThrow('encoder_outputs');
  });
});
