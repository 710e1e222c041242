/** What every language model must do, the fake included. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type {
  ChatMessage,
  LanguageModel,
  LanguageModelHandle,
  ReplyDelta,
  ReplyOptions,
  Tool,
  ToolCall,
} from '../../server/engines/engine-types.js';
import { isAbort, ServerFullError, WrongStateError } from '../../server/errors.js';

const system: ChatMessage = { role: 'system', text: 'You are Ada, a friendly coach.' };
const never = new AbortController().signal;

/** @param load builds a model with at least three sequences that nobody else uses. */
export function describeLanguageModel(name: string, load: () => Promise<LanguageModel>): void {
  describe(`language model contract: ${name}`, () => {
    let model: LanguageModel;

    beforeAll(async () => {
      model = await load();
      await model.warm(never);
    });

    afterAll(async () => {
      await model.close();
      await model.close();
    });

    /** Runs with a handle of its own, and checks that it came back. */
    async function withHandle(work: (handle: LanguageModelHandle) => Promise<void>): Promise<void> {
      const free = model.free;
      const handle = model.open();
      try {
        await work(handle);
      } finally {
        await handle.close();
      }
      expect(model.free).toBe(free);
    }

    it('streams an answer in more than one piece', () =>
      withHandle(async (handle) => {
        const deltas = await collect(handle.reply(said('tell me a long story'), withTools(), never));
        expect(deltas.length).toBeGreaterThan(5);
        expect(textOf(deltas)).toMatch(/^\S[\s\S]*\w/);
      }));

    it('remembers what the caller said before', () =>
      withHandle(async (handle) => {
        const history = said('my name is marvin');
        history.push({
          role: 'assistant',
          text: textOf(await collect(handle.reply(history, withTools(), never))),
        });
        history.push({ role: 'user', text: 'what is my name' });
        expect(textOf(await collect(handle.reply(history, withTools(), never)))).toContain('Marvin');
      }));

    it('keeps callers at the same moment apart', async () => {
      const names = ['Marvin', 'Delia', 'Priya', 'Callum', 'Odette', 'Fergus', 'Saskia', 'Leopold'];
      const callers = names.slice(0, model.sequences).map((name) => ({ name, handle: model.open() }));
      const answers = await Promise.all(
        callers.map(async ({ name, handle }) => {
          const history = said(`my name is ${name.toLowerCase()}`);
          history.push({
            role: 'assistant',
            text: textOf(await collect(handle.reply(history, withTools(), never))),
          });
          history.push({ role: 'user', text: 'what is my name' });
          return textOf(await collect(handle.reply(history, withTools(), never)));
        }),
      );
      await Promise.all(callers.map(({ handle }) => handle.close()));
      callers.forEach(({ name }, index) => {
        expect(answers[index]).toContain(name);
        for (const other of names.filter((candidate) => candidate !== name))
          expect(answers[index]).not.toContain(other);
      });
    });

    it('lends as many sequences as it says, and each again when it comes back', async () => {
      expect(model.free).toBe(model.sequences);
      const handles = Array.from({ length: model.sequences }, () => model.open());
      expect(model.free).toBe(0);
      expect(() => model.open()).toThrow(ServerFullError);
      await handles[0]?.close();
      expect(model.free).toBe(1);
      handles.push(model.open());
      expect(() => model.open()).toThrow(ServerFullError);
      await Promise.all(handles.map((handle) => handle.close()));
      await Promise.all(handles.map((handle) => handle.close()));
      expect(model.free).toBe(model.sequences);
    });

    it('tells the next caller nothing of the one before', async () => {
      const first = Array.from({ length: model.sequences }, () => model.open());
      await Promise.all(
        first.map((handle) => collect(handle.reply(said('my name is marvin'), withTools(), never))),
      );
      await Promise.all(first.map((handle) => handle.close()));
      const second = Array.from({ length: model.sequences }, () => model.open());
      const answers = await Promise.all(
        second.map((handle) => collect(handle.reply(said('what is my name'), withTools(), never))),
      );
      await Promise.all(second.map((handle) => handle.close()));
      for (const answer of answers) expect(textOf(answer)).not.toContain('Marvin');
    });

    describe('abort', () => {
      it('before the start rejects with the reason of the signal', () =>
        withHandle(async (handle) => {
          const reason = new DOMException('gone', 'AbortError');
          const signal = AbortSignal.abort(reason);
          await expect(collect(handle.reply(said('hello'), withTools(), signal))).rejects.toBe(reason);
          await expect(handle.prefill(said('hello'), withTools(), signal)).rejects.toBe(reason);
          await expect(handle.endOfTurn([system], 'hello', signal)).rejects.toBe(reason);
        }));

      it('in the middle ends the answer at once, and the next one is complete', () =>
        withHandle(async (handle) => {
          const abort = new AbortController();
          const deltas: ReplyDelta[] = [];
          const reading = (async () => {
            for await (const delta of handle.reply(said('tell me a long story'), withTools(), abort.signal)) {
              deltas.push(delta);
              if (deltas.length === 3) abort.abort();
            }
          })();
          await expect(reading).rejects.toSatisfy(isAbort);
          expect(deltas).toHaveLength(3);
          const next = await collect(handle.reply(said('tell me a long story'), withTools(), never));
          expect(textOf(next).length).toBeGreaterThan(100);
        }));

      it('while waiting for the answer before rejects at once and lets the one behind it through', () =>
        withHandle(async (handle) => {
          const gate = gatedTool('get_time', { time: '09:47' });
          const first = collect(handle.reply(said('what time is it'), withTools(gate.tool), never));
          await gate.entered;
          const abort = new AbortController();
          const second = collect(handle.reply(said('hello'), withTools(), abort.signal));
          const third = collect(handle.reply(said('hello'), withTools(), never));
          abort.abort();
          await expect(second).rejects.toSatisfy(isAbort);
          gate.open();
          await first;
          expect(textOf(await third)).not.toBe('');
        }));

      it('reaches a function that is being run, and does not wait for it', () =>
        withHandle(async (handle) => {
          const gate = gatedTool('get_time', {});
          const abort = new AbortController();
          const reply = collect(handle.reply(said('what time is it'), withTools(gate.tool), abort.signal));
          const signal = await gate.entered;
          expect(signal.aborted).toBe(false);
          abort.abort();
          await expect(reply).rejects.toSatisfy(isAbort);
          expect(signal.aborted).toBe(true);
        }));
    });

    it('answers one at a time: a second one waits for the end of the first', () =>
      withHandle(async (handle) => {
        const gate = gatedTool('get_time', { time: '09:47' });
        const order: string[] = [];
        const first = collect(handle.reply(said('what time is it'), withTools(gate.tool), never)).then(() =>
          order.push('first'),
        );
        await gate.entered;
        const second = collect(handle.reply(said('hello'), withTools(), never)).then(() =>
          order.push('second'),
        );
        gate.open();
        await Promise.all([first, second]);
        expect(order).toEqual(['first', 'second']);
      }));

    it('does not wait for a slow reader', () =>
      withHandle(async (handle) => {
        const slow = handle.reply(said('tell me a long story'), withTools(), never)[Symbol.asyncIterator]();
        const beginning = await slow.next();
        const other = await collect(handle.reply(said('hello'), withTools(), never));
        expect(textOf(other)).not.toBe('');
        const rest = await collect({ [Symbol.asyncIterator]: () => slow });
        expect(beginning.done).toBe(false);
        expect(textOf(rest).length).toBeGreaterThan(100);
      }));

    it('ends the answer when the reader goes away', () =>
      withHandle(async (handle) => {
        for await (const _delta of handle.reply(said('tell me a long story'), withTools(), never)) break;
        expect(textOf(await collect(handle.reply(said('hello'), withTools(), never)))).not.toBe('');
      }));

    it('stops at the number of tokens it is given', () =>
      withHandle(async (handle) => {
        const options = { ...withTools(), maxTokens: 8 };
        const deltas = await collect(handle.reply(said('tell me a long story'), options, never));
        expect(deltas.length).toBeGreaterThan(0);
        expect(deltas.length).toBeLessThanOrEqual(8);
      }));

    describe('functions', () => {
      it('are called with their arguments, and the answer goes on with the result', () =>
        withHandle(async (handle) => {
          const gate = gatedTool('get_time', { time: '09:47' });
          gate.open();
          const deltas = await collect(handle.reply(said('what time is it'), withTools(gate.tool), never));
          expect(callsOf(deltas)).toEqual([{ name: 'get_time', arguments: {}, result: { time: '09:47' } }]);
          expect(deltas.at(-1)?.type).toBe('text');
          expect(textOf(deltas)).not.toContain('get_time');
        }));

      it('end the call when asked to', () =>
        withHandle(async (handle) => {
          const deltas = await collect(handle.reply(said('please hang up'), withTools(), never));
          expect(callsOf(deltas)).toMatchObject([{ name: 'end_call', result: { ok: true } }]);
          expect(textOf(deltas)).toMatch(/bye/i);
        }));

      it('that were called are part of the history', () =>
        withHandle(async (handle) => {
          const history = said('what time is it');
          const deltas = await collect(handle.reply(history, withTools(), never));
          history.push({ role: 'assistant', text: textOf(deltas), calls: callsOf(deltas) });
          history.push({ role: 'user', text: 'please hang up' });
          const next = await collect(handle.reply(history, withTools(), never));
          expect(callsOf(next)).toMatchObject([{ name: 'end_call' }]);
        }));

      it('that throw give the model an error to speak about', () =>
        withHandle(async (handle) => {
          const broken: Tool = {
            name: 'get_time',
            description: 'Tells the time.',
            run: () => Promise.reject(new Error('no clock')),
          };
          const deltas = await collect(handle.reply(said('what time is it'), withTools(broken), never));
          const calls = callsOf(deltas);
          // A model may try once more.
          expect(calls.length).toBeGreaterThan(0);
          for (const call of calls)
            expect(call).toMatchObject({ name: 'get_time', result: { error: 'no clock' } });
          expect(textOf(deltas)).not.toBe('');
        }));
    });

    it('evaluates ahead of time', () =>
      withHandle(async (handle) => {
        await handle.prefill(said('hello'), withTools(), never);
        expect(textOf(await collect(handle.reply(said('hello'), withTools(), never)))).not.toBe('');
      }));

    it('tells a finished turn from an unfinished one', () =>
      withHandle(async (handle) => {
        const open = await handle.endOfTurn([system], 'my name is', never);
        const complete = await handle.endOfTurn([system], 'my name is marvin', never);
        expect(await handle.endOfTurn([system], '  ', never)).toBeUndefined();
        if (open === undefined || complete === undefined) return;
        expect(open).toBeGreaterThanOrEqual(0);
        expect(complete).toBeLessThanOrEqual(1);
        expect(complete).toBeGreaterThan(open);
      }));

    it('ends everything when the handle is closed, and takes nothing after it', async () => {
      const handle = model.open();
      const free = model.free;
      const gate = gatedTool('get_time', {});
      const reply = collect(handle.reply(said('what time is it'), withTools(gate.tool), never));
      const waiting = collect(handle.reply(said('hello'), withTools(), never));
      const outcomes = Promise.allSettled([reply, waiting]);
      await gate.entered;
      const closed = handle.close();
      for (const outcome of await outcomes) {
        expect(outcome.status).toBe('rejected');
        if (outcome.status === 'rejected') expect(outcome.reason).toSatisfy(isAbort);
      }
      await closed;
      await handle.close();
      expect(model.free).toBe(free + 1);
      await expect(collect(handle.reply(said('hello'), withTools(), never))).rejects.toThrow(WrongStateError);
      await expect(handle.prefill(said('hello'), withTools(), never)).rejects.toThrow(WrongStateError);
      await expect(handle.endOfTurn([system], 'hello', never)).rejects.toThrow(WrongStateError);
    });
  });
}

function said(text: string): ChatMessage[] {
  return [system, { role: 'user', text }];
}

/** The two functions that the built-in model knows, the first as given. */
function withTools(first?: Tool): ReplyOptions {
  const tools: Tool[] = [
    first ?? {
      name: 'get_time',
      description: 'Tells the time.',
      run: () => Promise.resolve({ time: '09:47' }),
    },
    { name: 'end_call', description: 'Ends the call.', run: () => Promise.resolve({ ok: true }) },
  ];
  return { tools, maxTokens: 256, temperature: 0 };
}

/** A function that tells when it is called, and returns only when let. */
function gatedTool(name: string, result: unknown) {
  let enter: (signal: AbortSignal) => void = () => {};
  const entered = new Promise<AbortSignal>((resolve) => {
    enter = resolve;
  });
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const tool: Tool = {
    name,
    description: 'Waits.',
    run: async (_args, signal) => {
      enter(signal);
      await opened;
      return result;
    },
  };
  return {
    tool,
    entered,
    open: () => {
      open();
    },
  };
}

async function collect(deltas: AsyncIterable<ReplyDelta>): Promise<ReplyDelta[]> {
  const all: ReplyDelta[] = [];
  for await (const delta of deltas) all.push(delta);
  return all;
}

function textOf(deltas: readonly ReplyDelta[]): string {
  return deltas.map((delta) => (delta.type === 'text' ? delta.text : '')).join('');
}

function callsOf(deltas: readonly ReplyDelta[]): ToolCall[] {
  return deltas.flatMap((delta) => (delta.type === 'call' ? [delta.call] : []));
}
