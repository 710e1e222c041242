import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type {
  ChatMessage,
  LanguageModelHandle,
  ReplyDelta,
  ReplyOptions,
} from '../../../server/engines/engine-types.js';
import { LlamaLanguageModel } from '../../../server/engines/llama-language-model.js';
import { EngineFailedError, isAbort } from '../../../server/errors.js';
import { describeEndOfTurn } from '../../contract/end-of-turn.contract.js';
import { describeLanguageModel } from '../../contract/language-model.contract.js';
import { judgingModel, spokenTurns } from '../../helpers/judging-model.js';
import { until } from '../../helpers/until.js';
import { pocketModel } from './pocket-model.js';

const never = new AbortController().signal;
const system: ChatMessage = { role: 'system', text: 'You are Ada, a friendly coach.' };
const options: ReplyOptions = { tools: [], maxTokens: 120, temperature: 0 };

describeLanguageModel('llama.cpp with the pocket model', () => LlamaLanguageModel.load(pocketModel));

describeEndOfTurn(
  'llama.cpp with the pocket model',
  async () => judgingModel(await LlamaLanguageModel.load(pocketModel)),
  spokenTurns,
);

describe('the language model in llama.cpp', () => {
  let model: LlamaLanguageModel;
  let handle: LanguageModelHandle;

  beforeAll(async () => {
    model = await LlamaLanguageModel.load({ ...pocketModel, sequences: 2 });
    handle = model.open();
  });

  afterAll(async () => {
    await model.close();
  });

  /** What `work` evaluates, tokens. */
  async function evaluated(work: () => Promise<unknown>): Promise<number> {
    return evaluatedBy(model, work);
  }

  async function evaluatedBy(other: LlamaLanguageModel, work: () => Promise<unknown>): Promise<number> {
    const before = other.evaluatedTokens;
    await work();
    return other.evaluatedTokens - before;
  }

  it('evaluates only what a turn adds', async () => {
    const history = turns(8);
    const whole = await evaluated(() => handle.prefill(history, options, never));
    let answer = '';
    const reply = await evaluated(async () => {
      answer = await textOf(handle.reply(history, options, never));
    });
    history.push({ role: 'assistant', text: answer }, { role: 'user', text: 'and of italy' });
    const next = await evaluated(() => handle.prefill(history, options, never));
    expect(whole).toBeGreaterThan(150);
    expect(reply).toBeLessThan(20);
    expect(next).toBeLessThan(20);
  });

  it('evaluates words once for the end of the turn and for the answer', async () => {
    const history = turns(8).slice(0, -1);
    await handle.prefill(history, options, never);
    const asked = await evaluated(() => handle.endOfTurn(history, 'what is the capital of', never));
    const longer = await evaluated(() => handle.endOfTurn(history, 'what is the capital of spain', never));
    const whole: ChatMessage[] = [...history, { role: 'user', text: 'what is the capital of spain' }];
    const answered = await evaluated(() => handle.prefill(whole, options, never));
    expect(asked).toBeLessThan(20);
    expect(longer).toBeLessThan(8);
    expect(answered).toBeLessThan(8);
  });

  it('reads words while they are spoken, and only the rest when they end', async () => {
    const history = turns(8).slice(0, -1);
    await handle.prefill(history, options, never);
    const words = (text: string): ChatMessage[] => [...history, { role: 'user', text }];
    const unfinished = { ...options, unfinished: true };
    await handle.prefill(words('what is the capital of'), unfinished, never);
    const more = await evaluated(() =>
      handle.prefill(words('what is the capital of france or of'), unfinished, never),
    );
    const rest = await evaluated(() =>
      handle.endOfTurn(history, 'what is the capital of france or of spain', never),
    );
    expect(more).toBeLessThan(8);
    expect(rest).toBeLessThan(6);
  });

  it('shares the beginning of all conversations', async () => {
    const shared = await LlamaLanguageModel.load({ ...pocketModel, sequences: 3 });
    const long: ChatMessage = { role: 'system', text: 'You are Ada, a friendly coach. '.repeat(12) };
    const alone = await evaluatedBy(shared, () => shared.preload([long], options, never));
    expect(alone).toBeGreaterThan(64);
    for (const one of Array.from({ length: 3 }, () => shared.open())) {
      const history: ChatMessage[] = [long, { role: 'user', text: 'my name is marvin' }];
      let answer = '';
      const spent = await evaluatedBy(shared, async () => {
        answer = await textOf(one.reply(history, { ...options, maxTokens: 30 }, never));
      });
      expect(spent).toBeLessThan(60);
      expect(answer).toContain('Marvin');
    }
    await shared.close();
  });

  it('shares instructions of their own among callers, in calls at once and one after the other', async () => {
    const shared = await LlamaLanguageModel.load({ ...pocketModel, sequences: 4 });
    const persona = (name: string): ChatMessage => ({
      role: 'system',
      text: `You are ${name}, a friendly coach. `.repeat(12),
    });
    await shared.preload([persona('Ada')], options, never);
    /** Tokens that the start of a call and its first answer take. */
    const call = async (name: string) => {
      const one = shared.open();
      const start = await evaluatedBy(shared, () => one.prefill([persona(name)], options, never));
      const history: ChatMessage[] = [persona(name), { role: 'user', text: 'my name is marvin' }];
      let answer = '';
      const turn = await evaluatedBy(shared, async () => {
        answer = await textOf(one.reply(history, { ...options, maxTokens: 30 }, never));
      });
      expect(answer).toContain('Marvin');
      expect(turn).toBeLessThan(60);
      return { one, start };
    };
    const first = await call('Bea');
    expect(first.start).toBeGreaterThan(64);
    const second = await call('Bea');
    expect(second.start).toBe(0);
    await first.one.close();
    await second.one.close();
    // Whoever has none of their own still finds what was read at the start, and the others what was left.
    const calls = [await call('Ada'), await call('Bea')];
    expect(calls.map(({ start }) => start)).toEqual([0, 0]);
    await shared.close();
  });

  it('keeps what a cut answer has in common with the whole one', async () => {
    const history: ChatMessage[] = [system, { role: 'user', text: 'tell me a long story' }];
    const answer = await textOf(handle.reply(history, options, never));
    const heard = answer.split(' ').slice(0, 12).join(' ');
    history.push({ role: 'assistant', text: heard }, { role: 'user', text: 'stop' });
    expect(await evaluated(() => handle.prefill(history, options, never))).toBeLessThan(15);
  });

  it('stops within a token', async () => {
    const abort = new AbortController();
    const spent = await evaluated(async () => {
      const reading = (async () => {
        for await (const _delta of handle.reply(
          [system, { role: 'user', text: 'tell me a long story' }],
          options,
          abort.signal,
        ))
          abort.abort();
      })();
      await expect(reading).rejects.toSatisfy(isAbort);
      // Passes when the aborted answer has let go of the sequence.
      await handle.endOfTurn([system], 'tell', never);
    });
    expect(spent).toBeLessThan(40);
  });

  it('stops evaluating ahead of time within a chunk', async () => {
    const abort = new AbortController();
    const other = model.open();
    const before = model.evaluatedTokens;
    const work = other.prefill(turns(30), options, abort.signal);
    await until('the first chunk', () => model.evaluatedTokens > before);
    abort.abort();
    await expect(work).rejects.toSatisfy(isAbort);
    await other.close();
    expect(model.evaluatedTokens - before).toBeLessThan(400);
  });

  it('gives way to an answer while it evaluates ahead of time', async () => {
    const other = model.open();
    const before = model.evaluatedTokens;
    const work = other.prefill(turns(30), options, never);
    await until('the first chunk', () => model.evaluatedTokens > before);
    expect(await textOf(other.reply([system, { role: 'user', text: 'hello' }], options, never))).not.toBe('');
    await work;
    await other.close();
    expect(model.evaluatedTokens - before).toBeLessThan(400);
  });

  it('forgets the oldest turns of a long conversation, and keeps the prefix of what is left', async () => {
    const history = turns(200);
    expect(await textOf(handle.reply(history, options, never))).not.toBe('');
    history.push({ role: 'assistant', text: 'Rome.' }, { role: 'user', text: 'my name is marvin' });
    expect(await evaluated(() => handle.prefill(history, options, never))).toBeLessThan(40);
    history.push({ role: 'assistant', text: 'Hello, Marvin!' }, { role: 'user', text: 'what is my name' });
    expect(await textOf(handle.reply(history, options, never))).toContain('Marvin');
  });

  it('takes texts that are longer than the context', async () => {
    const long = 'the cat went for a walk and '.repeat(300);
    for (const history of [
      [system, { role: 'user', text: long }],
      [
        { role: 'system', text: long },
        { role: 'user', text: long },
      ],
      [],
      [system],
      [system, { role: 'assistant', text: 'Hello!' }],
    ] satisfies ChatMessage[][]) {
      await textOf(handle.reply(history, { ...options, maxTokens: 4 }, never));
    }
    await handle.endOfTurn([system], long, never);
  });

  it('takes a limit that is longer than the context', async () => {
    const limitless = { ...options, maxTokens: 100_000 };
    expect(await textOf(handle.reply(turns(200), limitless, never))).not.toBe('');
  });

  it('gives a function result that is too long to the model in part', async () => {
    const tools = [
      {
        name: 'get_time',
        description: 'Tells the time.',
        run: () => Promise.resolve({ time: '09:47', notes: 'and so on '.repeat(5000) }),
      },
    ];
    const deltas: ReplyDelta[] = [];
    const history: ChatMessage[] = [system, { role: 'user', text: 'what time is it' }];
    for await (const delta of handle.reply(history, { ...options, tools }, never)) deltas.push(delta);
    expect(deltas[0]?.type).toBe('call');
  });

  it('fails clearly when llama.cpp hangs, and lends the sequence again when it is back', async () => {
    const impatient = await LlamaLanguageModel.load({ ...pocketModel, sequences: 1, stallMs: 1 });
    const stuck = impatient.open();
    await expect(stuck.prefill(turns(30), options, never)).rejects.toThrow(EngineFailedError);
    await expect(textOf(stuck.reply(turns(1), options, never))).rejects.toThrow(EngineFailedError);
    await stuck.close();
    await until('the sequence is back', () => impatient.free === 1);
    await impatient.close();
  });
});

/** A conversation of this many questions, the last one unanswered. */
function turns(count: number): ChatMessage[] {
  const history: ChatMessage[] = [system];
  for (let turn = 1; turn <= count; turn++) {
    if (turn > 1) history.push({ role: 'assistant', text: 'The capital of France is Paris.' });
    history.push({ role: 'user', text: `what is the capital of france number ${turn}` });
  }
  return history;
}

async function textOf(deltas: AsyncIterable<ReplyDelta>): Promise<string> {
  let text = '';
  for await (const delta of deltas) if (delta.type === 'text') text += delta.text;
  return text;
}
