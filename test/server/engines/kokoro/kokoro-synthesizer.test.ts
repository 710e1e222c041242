import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

import type { SpeechChunk } from '../../../../server/engines/engine-types.js';
import { MOST_SOUNDS, STYLE_SIZE } from '../../../../server/engines/kokoro/kokoro-files.js';
import { KokoroModel } from '../../../../server/engines/kokoro/kokoro-model.js';
import { ModelUnusableError } from '../../../../server/errors.js';
import { findModel } from '../../../../server/models/catalogue.js';
import { describeSpeechSynthesizer } from '../../../contract/speech-synthesizer.contract.js';
import { startSmall } from '../../../helpers/small-engines.js';
import { smallModel } from '../../../helpers/small-models.js';

const never = new AbortController().signal;
const folder = mkdtempSync(join(tmpdir(), 'parley-kokoro-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A voice whose pitch in the small model is `base` Hz and 1 Hz more for every sound of the clause. */
function writeVoice(name: string, base: number): string {
  const styles = Float32Array.from(
    { length: MOST_SOUNDS * STYLE_SIZE },
    (_, index) => base + Math.floor(index / STYLE_SIZE),
  );
  const path = join(folder, name);
  writeFileSync(path, styles);
  return path;
}

const voices = findModel('kokoro-82m')
  .files.map(({ name }) => name)
  .filter((name) => name.endsWith('.bin'));
const files = Object.fromEntries(voices.map((name, index) => [name, writeVoice(name, 150 + 20 * index)]));

describeSpeechSynthesizer('Kokoro', () => startSmall('synthesizer', 'kokoro-82m', 'kokoro', { files }));

describe('Kokoro', () => {
  const setup = {
    model: smallModel('kokoro', 'model.onnx'),
    tokenizer: smallModel('kokoro', 'tokenizer.json'),
    voices: { test: writeVoice('test.bin', 300) },
    speed: 1,
  };
  const speak = async (changes: Partial<typeof setup>, text: string): Promise<SpeechChunk[]> => {
    const model = await KokoroModel.load({ ...setup, ...changes });
    const chunks: SpeechChunk[] = [];
    for await (const chunk of model.speak(text, 'test', never)) chunks.push(chunk);
    await model.close();
    return chunks;
  };
  /** Hz, by the changes of sign. */
  const pitch = ({ samples }: SpeechChunk): number => {
    const part = samples.subarray(2400, -2400);
    const changes = part.filter((sample, index) => sample < 0 !== (part[index + 1] ?? sample) < 0).length;
    return (changes / 2 / part.length) * 24_000;
  };

  it('takes the style that belongs to the number of sounds', async () => {
    // ˈ j ɛ s . and b ʌ t again as much, with a space and without the full stop.
    const [yes] = await speak({}, 'Yes.');
    expect(pitch(yes as SpeechChunk)).toBeCloseTo(300 + 5, -0.5);
    const [longer] = await speak({}, 'Strength, strength, strength, strength, strength.');
    // ˈ s t ɹ ɛ ŋ k? θ and a comma, five times, four spaces.
    expect(pitch(longer as SpeechChunk)).toBeGreaterThan(300 + 5 * 8);
  });

  it('places words by the durations of the model where it tells them', async () => {
    const text = 'Yes, yesterday.';
    const timed = { model: smallModel('kokoro', 'model-timed.onnx') };
    const [chunk] = await speak(timed, text);
    // Signs of 75 ms: ˈ j ɛ s , space ...; 20 ms of the silence in front of them are kept.
    const [yes, yesterday] = chunk?.words ?? [];
    const ms = (sample = NaN): number => sample / 24;
    expect(ms(yes?.startSample)).toBeCloseTo(20, 0);
    expect(ms(yes?.endSample)).toBeCloseTo(20 + 4 * 75, 0);
    expect(ms(yesterday?.startSample)).toBeCloseTo(20 + 6 * 75, 0);
    const [untimed] = await speak({}, text);
    expect(untimed?.words.map((word) => word.text)).toEqual(['Yes,', 'yesterday.']);
    expect(untimed?.samples.length).toBe(chunk?.samples.length);
  });

  it('speaks faster when it is to', async () => {
    const [normal] = await speak({}, 'Some words for this.');
    const [fast] = await speak({ speed: 1.5 }, 'Some words for this.');
    expect(fast?.samples.length).toBeLessThan(0.75 * (normal?.samples.length ?? 0));
  });

  it('speaks what is too long for the model in several parts', async () => {
    const text = Array.from({ length: 120 }, (_, index) => (index === 60 ? '—' : 'wonderful')).join(' ');
    const chunks = await speak({}, text);
    expect(chunks.length).toBeGreaterThan(1);
    const words = chunks.flatMap((chunk) => chunk.words);
    expect(words.map((word) => word.text).join(' ')).toBe(text);
    const total = chunks.reduce((sum, { samples }) => sum + samples.length, 0);
    expect(words.at(-1)?.endSample).toBeLessThanOrEqual(total);
    expect(words.at(-1)?.startSample).toBeGreaterThan(total - 1.5 * 24_000);
  });

  it('speaks nothing where there is nothing to be spoken', async () => {
    for (const text of ['', ' ', '...', '—']) expect(await speak({}, text)).toEqual([]);
  });

  it.each([
    ['a voice of another size', { voices: { test: smallModel('kokoro', 'model.onnx') } }, 'not 522240'],
    ['another alphabet', { tokenizer: smallModel('moonshine', 'streaming_config.json') }, 'alphabet'],
    ['another graph', { model: smallModel('moonshine', 'encoder.ort') }, 'input_ids'],
  ])('says what is wrong with %s', async (_, changes, named) => {
    const loading = KokoroModel.load({ ...setup, ...changes });
    await expect(loading).rejects.toThrow(ModelUnusableError);
    await expect(loading).rejects.toThrow(named);
  });
});
