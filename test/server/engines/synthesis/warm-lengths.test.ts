import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';

import { MOST_SOUNDS, STYLE_SIZE } from '../../../../server/engines/kokoro/kokoro-files.js';
import { KokoroModel } from '../../../../server/engines/kokoro/kokoro-model.js';
import type { VoiceModel } from '../../../../server/engines/synthesis/voice-model.js';
import {
  evenly,
  LONGEST_CLAUSE,
  speakLengths,
  warmLengths,
} from '../../../../server/engines/synthesis/warm-lengths.js';
import { ClauseSplitter } from '../../../../server/session/clauses.js';
import { smallModel } from '../../../helpers/small-models.js';

const folder = mkdtempSync(join(tmpdir(), 'parley-lengths-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The small Kokoro, and how long everything was that it has spoken, samples. */
async function listening(): Promise<{ model: VoiceModel; lengths: number[] }> {
  const voice = join(folder, 'test.bin');
  writeFileSync(voice, new Float32Array(MOST_SOUNDS * STYLE_SIZE).fill(200));
  const kokoro = await KokoroModel.load({
    model: smallModel('kokoro', 'model.onnx'),
    tokenizer: smallModel('kokoro', 'tokenizer.json'),
    voices: { test: voice },
    speed: 1,
  });
  const lengths: number[] = [];
  const model: VoiceModel = {
    sampleRateHz: kokoro.sampleRateHz,
    voices: kokoro.voices,
    async *speak(text, name, signal) {
      let length = 0;
      for await (const chunk of kokoro.speak(text, name, signal)) {
        length += chunk.samples.length;
        yield chunk;
      }
      lengths.push(length);
    },
    close: () => kokoro.close(),
  };
  return { model, lengths };
}

it('lets a model speak every length up to that of a text', async () => {
  const { model, lengths } = await listening();
  await speakLengths(model, 'Well, let me see what I can find.', Infinity);
  await model.close();
  const [first = 0] = lengths;
  expect(Math.max(...lengths)).toBe(first);
  const different = [...new Set(lengths)].sort((a, b) => a - b);
  // A sign of the small model is 75 ms; some letters have no sound of their own, or one more.
  const steps = different.map((length, index) => length - (different[index - 1] ?? 0));
  expect(Math.max(...steps.slice(1))).toBeLessThanOrEqual(6 * 0.075 * model.sampleRateHz);
  expect(different.length).toBeGreaterThan(15);
});

it('has made the longest when its time is over', async () => {
  const { model, lengths } = await listening();
  await speakLengths(model, LONGEST_CLAUSE, 0);
  await speakLengths(model, LONGEST_CLAUSE, 0);
  await model.close();
  expect(lengths).toHaveLength(2);
  expect(lengths[0]).toBeGreaterThan(10 * model.sampleRateHz);
});

it('leaves alone what runs on a processor', async () => {
  const { model, lengths } = await listening();
  await warmLengths(model, { device: 'cpu' }, false);
  await warmLengths(model, {}, false);
  await model.close();
  expect(lengths).toEqual([]);
});

it('lets callers not wait for a replacement on a card', async () => {
  const { model, lengths } = await listening();
  await warmLengths(model, { device: 'cuda' }, true);
  await model.close();
  expect(lengths).toEqual([]);
});

it('goes over all numbers, from the largest, ever more finely', () => {
  expect(evenly(8)).toEqual([8, 4, 6, 2, 7, 5, 3, 1]);
  const numbers = evenly(200);
  expect(numbers.slice(0, 4)).toEqual([200, 100, 150, 50]);
  expect([...numbers].sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
});

it('knows how long a clause can be', () => {
  const splitter = new ClauseSplitter();
  expect(splitter.push('So. ')).toHaveLength(1);
  expect(splitter.push(LONGEST_CLAUSE.slice(0, -1))).toEqual([]);
  expect(splitter.push(' and more')).toHaveLength(1);
  expect(LONGEST_CLAUSE.length).toBeGreaterThan(190);
});
