import { describe, expect, it } from 'vitest';

import type { SpeechChunk } from '../../../../server/engines/engine-types.js';
import { PocketModel, type PocketSetup } from '../../../../server/engines/pocket-tts/pocket-model.js';
import { pocketText } from '../../../../server/engines/pocket-tts/pocket-text.js';
import { UnigramTokenizer } from '../../../../server/engines/pocket-tts/unigram-tokenizer.js';
import { ModelUnusableError } from '../../../../server/errors.js';
import { describeSpeechSynthesizer } from '../../../contract/speech-synthesizer.contract.js';
import { startSmall } from '../../../helpers/small-engines.js';
import { smallModel } from '../../../helpers/small-models.js';

const never = new AbortController().signal;
const file = (name: string): string => smallModel('pocket-tts', name);

describeSpeechSynthesizer('Pocket TTS', () => startSmall('synthesizer', 'pocket-tts', 'pocket-tts'));

describe('Pocket TTS', () => {
  const setup: PocketSetup = {
    files: {
      main: file('lm_main.int8.onnx'),
      flow: file('lm_flow.int8.onnx'),
      decoder: file('decoder.int8.onnx'),
      conditioner: file('text_conditioner.onnx'),
      voice: file('encoder.onnx'),
      vocabulary: file('vocab.json'),
      scores: file('token_scores.json'),
    },
    name: 'alba',
    flowSteps: 1,
  };
  const speak = async (model: PocketModel, text: string, signal = never): Promise<SpeechChunk[]> => {
    const chunks: SpeechChunk[] = [];
    for await (const chunk of model.speak(text, 'alba', signal)) chunks.push(chunk);
    return chunks;
  };

  it('gives sound as it is made, each frame going on where the last one ended', async () => {
    const model = await PocketModel.load(setup);
    const chunks = await speak(model, 'He went home now, slowly.');
    // One chunk for a frame, and one for the last frames.
    expect(chunks.length).toBeGreaterThan(10);
    expect(chunks.slice(1, -1).every(({ samples }) => samples.length === 1920)).toBe(true);
    const samples = chunks.flatMap(({ samples }) => [...samples]);
    // A tone of 180 Hz at -10 dB or so changes by less from sample to sample; a step between frames would be more.
    const steps = samples.slice(1).map((sample, index) => Math.abs(sample - (samples[index] ?? 0)));
    expect(Math.max(...steps)).toBeLessThan(1500);
    expect(chunks.flatMap(({ words }) => words.map(({ text }) => text))).toEqual(
      'He went home now, slowly.'.split(' '),
    );
    await model.close();
  });

  it.each([1, 2, 5])('arrives at the same with %d steps from noise', async (flowSteps) => {
    const model = await PocketModel.load({ ...setup, flowSteps });
    const chunks = await speak(model, 'Yes, yes, yes, yes.');
    const count = chunks.reduce((sum, { samples }) => sum + samples.length, 0);
    // ▁ Y e s , and so on: a frame for each of 20 signs, less the silence around them.
    expect(count / 1920).toBeGreaterThan(18);
    expect(count / 1920).toBeLessThan(30);
    await model.close();
  });

  it('stops between two frames, and speaks the next clause from the beginning', async () => {
    const model = await PocketModel.load(setup);
    const abort = new AbortController();
    const speech = model.speak('What is the time now?', 'alba', abort.signal);
    await speech.next();
    abort.abort();
    await expect(speech.next()).rejects.toMatchObject({ name: 'AbortError' });
    const [first, second] = [await speak(model, 'No.'), await speak(model, 'No.')];
    const lengths = [first, second].map((chunks) =>
      chunks.reduce((sum, { samples }) => sum + samples.length, 0),
    );
    expect(lengths[0]).toBe(lengths[1]);
    await model.close();
  });

  it('speaks nothing where there is nothing to be spoken', async () => {
    const model = await PocketModel.load(setup);
    for (const text of ['', ' ', '...', '😀']) expect(await speak(model, text)).toEqual([]);
    await model.close();
  });

  it.each([
    ['another graph', { main: file('decoder.int8.onnx') }, 'sequence'],
    ['a graph that loses its state', { decoder: smallModel('pocket-tts', 'lm_flow.int8.onnx') }, 'latent'],
    ['another vocabulary', { scores: smallModel('whisper', 'config.json') }, 'config.json'],
  ])('says what is wrong with %s', async (_, files, named) => {
    const loading = PocketModel.load({ ...setup, files: { ...setup.files, ...files } });
    await expect(loading).rejects.toThrow(ModelUnusableError);
    await expect(loading).rejects.toThrow(named);
  });
});

describe('the text of Pocket TTS', () => {
  it('has a capital, an end, and spaces before few words', () => {
    expect(pocketText('and so it went on  for ever')).toEqual({
      text: 'And so it went on for ever.',
      framesAfterEnd: 3,
    });
    expect(pocketText('why not?')).toEqual({ text: '        Why not?', framesAfterEnd: 5 });
  });

  it('is cut into the pieces that are likeliest together', () => {
    const scores = {
      '\u2581': -2,
      a: -3,
      b: -3,
      ab: -4,
      '\u2581a': -6,
      abb: -9,
      bb: -5.5,
      '<0xC3>': -9,
      '<0xA4>': -9,
    };
    const pieces = Object.entries(scores).map(
      ([piece, score], number) => [piece, { number, score }] as const,
    );
    const tokenizer = new UnigramTokenizer(new Map(pieces));
    const encode = (text: string): string[] =>
      tokenizer.encode(text).map((number) => Object.keys(scores)[number] ?? '');
    expect(encode('ab')).toEqual(['\u2581', 'ab']);
    // ▁ ab b: -9; ▁a bb: -11.5; ▁ abb: -11.
    expect(encode('abb')).toEqual(['\u2581', 'ab', 'b']);
    expect(encode('a a')).toEqual(['\u2581', 'a', '\u2581', 'a']);
    // What no piece has is written as bytes, or left out.
    expect(encode('äa€')).toEqual(['\u2581', '<0xC3>', '<0xA4>', 'a']);
    expect(encode('')).toEqual(['\u2581']);
  });
});
