import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

import { readWhisperConfig, WhisperVocabulary } from '../../../../server/engines/whisper/whisper-config.js';
import { WhisperModel, type WhisperSetup } from '../../../../server/engines/whisper/whisper-model.js';
import { ModelUnusableError } from '../../../../server/errors.js';
import { describeSpeechRecognizer } from '../../../contract/speech-recognizer.contract.js';
import { startSmall } from '../../../helpers/small-engines.js';
import { smallModel, toneSentences } from '../../../helpers/small-models.js';

describeSpeechRecognizer('Whisper', {
  start: () => startSmall('recognizer', 'whisper-small', 'whisper'),
  sentences: () => Promise.resolve(toneSentences()),
});

describe('a Whisper model', () => {
  const never = new AbortController().signal;
  const folder = mkdtempSync(join(tmpdir(), 'parley-whisper-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  const file = (name: string): string => smallModel('whisper', name);
  const setup: WhisperSetup = {
    files: {
      encoder: file('encoder_model.onnx'),
      decoder: file('decoder_model_merged.onnx'),
      config: file('config.json'),
      generationConfig: file('generation_config.json'),
      tokenizer: file('tokenizer.json'),
    },
    language: 'en',
  };

  it('is told the language, and that words are wanted without times', async () => {
    const english = await readWhisperConfig(setup.files, 'en');
    expect(english.prompt).toEqual([13, 14, 16, 17]);
    const german = await readWhisperConfig(setup.files, 'de');
    expect(german.prompt).toEqual([13, 15, 16, 17]);
    // A model of one language has neither languages nor tasks.
    const generationConfig = join(folder, 'english.json');
    writeFileSync(generationConfig, JSON.stringify({ no_timestamps_token_id: 50362, suppress_tokens: [] }));
    const only = await readWhisperConfig({ ...setup.files, generationConfig }, 'en');
    expect(only.prompt).toEqual([13, 50362]);
    await expect(readWhisperConfig(setup.files, 'fr')).rejects.toThrow('Languages: en, de');
  });

  it('spells the bytes of all languages', async () => {
    const tokenizer = join(folder, 'tokenizer.json');
    // As GPT-2's bytes are written: "Ġ" a space, "Ã¼" the two bytes of "ü", "Ģ" the byte 0x80.
    const vocab = { ĠT: 0, 'Ã¼r': 1, âĤ: 2, '¬': 3 };
    writeFileSync(
      tokenizer,
      JSON.stringify({ model: { vocab }, added_tokens: [{ id: 4, content: '<|en|>' }] }),
    );
    const vocabulary = await WhisperVocabulary.read(tokenizer);
    expect(vocabulary.text([4, 0, 1, 2, 3])).toBe('Tür€');
  });

  it('stops between two tokens', async () => {
    const model = await WhisperModel.load(setup);
    const [{ speech }] = toneSentences();
    const stream = model.open();
    await stream.push(Float32Array.from(speech, (sample) => sample / 32_768));
    await expect(stream.words(true, AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' });
    expect(await stream.words(true, never)).toBe('What is the time now?');
    await model.close();
  });

  it.each([
    ['another graph', { encoder: file('decoder_model_merged.onnx') }, 'input_features'],
    ['another configuration', { config: file('tokenizer.json') }, 'tokenizer.json'],
    ['a vocabulary that is cut short', { tokenizer: join(folder, 'cut.json') }, 'cut.json'],
  ])('says what is wrong with %s', async (_, files, named) => {
    writeFileSync(join(folder, 'cut.json'), readFileSync(file('tokenizer.json')).subarray(0, 200));
    const loading = WhisperModel.load({ ...setup, files: { ...setup.files, ...files } });
    await expect(loading).rejects.toThrow(ModelUnusableError);
    await expect(loading).rejects.toThrow(named);
  });
});
