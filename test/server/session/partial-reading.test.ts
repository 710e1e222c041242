import { pino } from 'pino';
import { expect, it } from 'vitest';
import { loadConfig } from '../../../server/config.js';
import { Conversation } from '../../../server/session/conversation.js';
import { PartialReading } from '../../../server/session/partial-reading.js';
import { FakeLanguageModel } from '../../fakes/fake-language-model.js';
import { until } from '../../helpers/until.js';

it('reads the words that are sure, a few at a time, behind what was said before', async () => {
  const model = new FakeLanguageModel();
  const conversation = new Conversation('You are Ada.');
  const reading = new PartialReading(
    { config: loadConfig({}), languageModel: model.open(), tools: [], log: pino({ level: 'silent' }) },
    new AbortController().signal,
  );
  const texts = () => model.prefills.map((history) => history.map(({ text }) => text));
  reading.hear('tell me', conversation);
  reading.hear('tell me a long', conversation);
  // The model is still reading the words before.
  reading.hear('tell me a long story about two cats', conversation);
  await until('the first words are read', () => texts().length === 1);
  expect(texts()).toEqual([['You are Ada.', 'tell me a']]);
  await until('more words are read', () => {
    reading.hear('tell me a long story about two cats', conversation);
    return texts().length === 2;
  });
  expect(texts().at(-1)).toEqual(['You are Ada.', 'tell me a long story about two']);
  // Another turn begins anew.
  await until('the next turn is read', () => {
    reading.hear('what is the time now', conversation);
    return texts().length === 3;
  });
  expect(texts().at(-1)).toEqual(['You are Ada.', 'what is the time']);
  await model.close();
});
