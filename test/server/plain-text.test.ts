import { describe, expect, it } from 'vitest';
import type { LanguageModelHandle, ReplyDelta } from '../../server/engines/engine-types.js';
import { plainText } from '../../server/plain-text.js';
import { plainLanguageModel, plainRecognizer } from '../../server/session/plain-words.js';
import { FakeRecognizer } from '../fakes/fake-recognizer.js';

describe('plain text', () => {
  it('has nothing in it that acts', () => {
    expect(plainText('a\u0000b\u001b[31mc\u007fd\u0085e')).toBe('ab[31mcde');
    expect(plainText('abc\u202egnp.exe\u2066x\u2069')).toBe('abcgnp.exex');
    expect(plainText('\ufefftag\u{e0041}s\u200b')).toBe('tags');
    expect(plainText('one\ntwo\tthree\r\nfour')).toBe('one two three  four');
    expect(plainText('one\ntwo\u0007', true)).toBe('one\ntwo');
  });

  it('keeps what people write', () => {
    for (const text of ['Größe, señor — 東京 ok?', 'می‌خواهم', '👩‍👩‍👧 1 < 2 & "x"', 'שלום'])
      expect(plainText(text)).toBe(text);
  });
});

describe('words of models', () => {
  it('are plain and of bounded length where they are recognised', async () => {
    const partials: string[] = [];
    const handle = plainRecognizer(new FakeRecognizer({ words: `one\u0007 two ${'x'.repeat(5000)}` }).open());
    const utterance = handle.begin((words) => partials.push(words), new AbortController().signal);
    utterance.push(new Int16Array(16_000));
    const words = await utterance.finish();
    expect(words).toMatch(/^one two x+$/);
    expect(words).toHaveLength(4000);
    for (const partial of partials) expect(partial).not.toContain('\u0007');
  });

  it('are plain and of bounded length where they are an answer; calls pass', async () => {
    const deltas: ReplyDelta[] = [
      { type: 'text', text: 'Hi\u0000 there\u202e.\n' },
      { type: 'text', text: '\u0007' },
      { type: 'call', call: { name: 'get_time', arguments: undefined, result: '\u0000' } },
      ...Array.from({ length: 50 }, (): ReplyDelta => ({ type: 'text', text: 'y'.repeat(1000) })),
    ];
    const endless = {
      async *reply() {
        await Promise.resolve();
        yield* deltas;
      },
    } as unknown as LanguageModelHandle;
    const options = { tools: [], maxTokens: 1, temperature: 0 };
    const got: ReplyDelta[] = [];
    for await (const delta of plainLanguageModel(endless).reply([], options, new AbortController().signal))
      got.push(delta);
    expect(got[0]).toEqual({ type: 'text', text: 'Hi there.\n' });
    expect(got[1]).toEqual(deltas[2]);
    const length = got.reduce((sum, delta) => sum + (delta.type === 'text' ? delta.text.length : 0), 0);
    expect(length).toBe(16_000);
  });
});
