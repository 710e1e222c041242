/** Engines elsewhere, against a server on this machine: the contracts, and what is peculiar to each. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../../../server/config.js';
import { EndpointLanguageModel } from '../../../../server/engines/endpoint/endpoint-language-model.js';
import { EndpointRecognizer } from '../../../../server/engines/endpoint/endpoint-recognizer.js';
import { EndpointSynthesizer } from '../../../../server/engines/endpoint/endpoint-synthesizer.js';
import type { ReplyDelta, ReplyOptions } from '../../../../server/engines/engine-types.js';
import { isAbort } from '../../../../server/errors.js';
import { describeLanguageModel } from '../../../contract/language-model.contract.js';
import { describeSpeechRecognizer } from '../../../contract/speech-recognizer.contract.js';
import { describeSpeechSynthesizer } from '../../../contract/speech-synthesizer.contract.js';
import { OpenAiServer } from '../../../helpers/openai-server.js';
import { until } from '../../../helpers/until.js';

const never = new AbortController().signal;
const options: ReplyOptions = { tools: [], maxTokens: 256, temperature: 0 };

let server: OpenAiServer;
beforeAll(async () => {
  server = await OpenAiServer.start();
});
afterAll(() => server.close());

function config(environment: NodeJS.ProcessEnv = {}) {
  return loadConfig({
    PARLEY_RECOGNIZER_ENDPOINT_URL: server.url,
    PARLEY_RECOGNIZER_ENDPOINT_MODEL: 'whisper',
    PARLEY_RECOGNIZER_ENDPOINT_PARTIAL_MS: '200',
    PARLEY_LANGUAGE_MODEL_ENDPOINT_URL: server.url,
    PARLEY_LANGUAGE_MODEL_ENDPOINT_MODEL: 'qwen',
    PARLEY_SYNTHESIZER_ENDPOINT_URL: `${server.url}/`,
    PARLEY_SYNTHESIZER_ENDPOINT_MODEL: 'kokoro',
    PARLEY_SYNTHESIZER_ENDPOINT_VOICES: 'high, low',
    ...environment,
  });
}

describeLanguageModel('endpoint', () => Promise.resolve(new EndpointLanguageModel(config())));

describeSpeechRecognizer('endpoint', {
  start: () => Promise.resolve(new EndpointRecognizer(config().recognizerEndpoint)),
  sentences: () => {
    const speech = (pitch: number) =>
      Int16Array.from({ length: 16_000 }, (_, at) => 5000 * Math.sin((pitch * at) / 16_000));
    const sentences = [
      { words: 'Hello there, I am Anna.', speech: speech(1000) },
      { words: 'And what is the time?', speech: speech(2000) },
    ] as const;
    server.sentences.push(...sentences);
    return Promise.resolve(sentences);
  },
});

describeSpeechSynthesizer('endpoint', async () => {
  const synthesizer = new EndpointSynthesizer(config().synthesizerEndpoint);
  // Levels are learnt from the first clause of each voice.
  for (const voice of synthesizer.voices) {
    const request = { text: 'Hello Anna, good to hear you.', voice, priority: 2 } as const;
    for await (const chunk of synthesizer.synthesize(request, never))
      expect(chunk.samples.length).toBeGreaterThan(0);
  }
  return synthesizer;
});

describe('a synthesiser elsewhere', () => {
  it('hands speech on while it arrives', async () => {
    const synthesizer = new EndpointSynthesizer(config().synthesizerEndpoint);
    server.stepMs = 5;
    const request = { text: 'One two three four five six.', voice: 'high', priority: 0 } as const;
    const speech = synthesizer.synthesize(request, never)[Symbol.asyncIterator]();
    const first = await speech.next();
    expect(first.done).toBe(false);
    // The rest is still on its way.
    await speech.return?.(undefined);
    await until('the request is closed', () => server.seen.at(-1)?.left === true);
    server.stepMs = 0;
    await synthesizer.close();
  });
});

describe('a language model elsewhere', () => {
  const said = (text: string) => [{ role: 'user', text }] as const;
  const collect = async (deltas: AsyncIterable<ReplyDelta>) => {
    let text = '';
    for await (const delta of deltas) if (delta.type === 'text') text += delta.text;
    return text;
  };

  it('is closed in the middle of its answer when that is aborted', async () => {
    const model = new EndpointLanguageModel(config());
    const handle = model.open();
    const abort = new AbortController();
    server.stepMs = 2;
    const reading = (async () => {
      for await (const _ of handle.reply(said('tell me a long story'), options, abort.signal)) abort.abort();
    })();
    await expect(reading).rejects.toSatisfy(isAbort);
    await until('the request is closed', () => server.seen.at(-1)?.left === true);
    server.stepMs = 0;
    await model.close();
  });

  it('is not asked again once words have come', async () => {
    const model = new EndpointLanguageModel(config());
    const handle = model.open();
    const before = server.seen.length;
    server.faults.push({ resetAfter: 4 });
    await expect(collect(handle.reply(said('tell me a long story'), options, never))).rejects.toThrow(
      /languageModelEndpoint: .* breaks off/,
    );
    expect(server.seen.length - before).toBe(1);
    expect(await collect(handle.reply(said('hello'), options, never))).not.toBe('');
    await model.close();
  });

  it('is sent what the settings add, and the key of the environment', async () => {
    process.env['TEST_ENDPOINT_KEY'] = 'sk-test';
    const model = new EndpointLanguageModel(
      config({
        PARLEY_LANGUAGE_MODEL_ENDPOINT_KEY_VARIABLE: 'TEST_ENDPOINT_KEY',
        PARLEY_LANGUAGE_MODEL_ENDPOINT_EXTRA: '{"top_p": 0.5, "temperature": null}',
      }),
    );
    await model.warm(never);
    const seen = server.seen.at(-1);
    expect(seen?.authorization).toBe('Bearer sk-test');
    const body = JSON.parse(seen?.body.toString() ?? '') as Record<string, unknown>;
    expect(body).toMatchObject({ model: 'qwen', stream: true, top_p: 0.5 });
    expect(body).not.toHaveProperty('temperature');
    await model.close();
    delete process.env['TEST_ENDPOINT_KEY'];
  });

  it('says what is missing in the settings', () => {
    const cases: [NodeJS.ProcessEnv, RegExp][] = [
      [{ PARLEY_LANGUAGE_MODEL_ENDPOINT_URL: '' }, /languageModelEndpoint\.url must be an address/],
      [{ PARLEY_LANGUAGE_MODEL_ENDPOINT_MODEL: '' }, /languageModelEndpoint\.model must be/],
      [{ PARLEY_LANGUAGE_MODEL_ENDPOINT_EXTRA: '[1]' }, /extra must be a JSON object/],
      [
        { PARLEY_LANGUAGE_MODEL_ENDPOINT_KEY_VARIABLE: 'NOT_SET' },
        /keyVariable is NOT_SET, but there is no such variable/,
      ],
    ];
    for (const [environment, message] of cases)
      expect(() => new EndpointLanguageModel(config(environment))).toThrow(message);
  });
});
