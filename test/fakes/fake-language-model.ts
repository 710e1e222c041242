/**
 * A language model without a model: answers by a script, with the delays, failures and tool calls that a test asks for.
 * Its script sees the whole history, so it can also stand in for a model that understands (see {@link smallTalk}).
 */

import type {
  ChatMessage,
  LanguageModel,
  LanguageModelHandle,
  ReplyDelta,
  ReplyOptions,
  Tool,
} from '../../server/engines/engine-types.js';
import { readAhead } from '../../server/engines/read-ahead.js';
import { abortReason, Turnstile, unlessAborted } from '../../server/engines/turnstile.js';
import { EngineFailedError, ServerFullError, WrongStateError } from '../../server/errors.js';

/** One thing that the fake does while it answers. */
export type FakeStep =
  /** Streams the text as one delta. */
  | { say: string }
  /** Calls the tool; the steps after it are the model's words about the result. */
  | { call: string; arguments?: unknown }
  /** Does nothing for this long, ms. */
  | { waitMs: number }
  /** Fails as a native call would. */
  | { fail: Error };

/** What to answer: a text is streamed word by word. */
export type FakeScript = (
  history: readonly ChatMessage[],
  options: ReplyOptions,
) => string | Iterable<FakeStep> | AsyncIterable<FakeStep>;

export interface FakeLanguageModelOptions {
  /** Callers at once. Default 8. */
  sequences?: number;
  /** Default: {@link smallTalk}. */
  script?: FakeScript;
  /** Before the first delta of an answer, ms. Default 0. */
  firstTokenMs?: number;
  /** Before every further delta, ms. Default 0: as fast as the reader reads. */
  tokenMs?: number;
  /** Default: a plain rule on the last word. */
  endOfTurn?: (words: string, history: readonly ChatMessage[]) => number | undefined;
}

/** A reply as the fake saw it. */
export interface FakeReply {
  /** Number of the handle, from 0 in the order of opening. */
  caller: number;
  history: readonly ChatMessage[];
  /** What was streamed so far. */
  text: string;
  outcome: 'running' | 'finished' | 'aborted' | 'failed';
}

export class FakeLanguageModel implements LanguageModel {
  readonly name = 'fake';
  readonly sequences: number;
  /** May be changed between replies. */
  script: FakeScript;
  firstTokenMs: number;
  tokenMs: number;
  /** Every reply that began, oldest first. */
  readonly replies: FakeReply[] = [];
  /** Every history that was prefilled, oldest first. */
  readonly prefills: (readonly ChatMessage[])[] = [];
  readonly #endOfTurn: (words: string, history: readonly ChatMessage[]) => number | undefined;
  readonly #handles = new Set<FakeHandle>();
  #opened = 0;
  #closed = false;

  constructor(options: FakeLanguageModelOptions = {}) {
    this.sequences = options.sequences ?? 8;
    this.script = options.script ?? smallTalk;
    this.firstTokenMs = options.firstTokenMs ?? 0;
    this.tokenMs = options.tokenMs ?? 0;
    this.#endOfTurn = options.endOfTurn ?? endsWithOpenWord;
  }

  get free(): number {
    return this.sequences - this.#handles.size;
  }

  open(): LanguageModelHandle {
    if (this.#closed) throw new WrongStateError('The language model is closed.');
    if (this.free <= 0) throw new ServerFullError('Every sequence of the language model is taken.');
    const handle = new FakeHandle(
      this,
      this.#opened++,
      (words, history) => this.#endOfTurn(words, history),
      () => {
        this.#handles.delete(handle);
      },
    );
    this.#handles.add(handle);
    return handle;
  }

  warm(signal: AbortSignal): Promise<void> {
    return signal.aborted ? Promise.reject(abortReason(signal)) : Promise.resolve();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#handles].map((handle) => handle.close()));
  }
}

/**
 * Understands just what the contract of a language model asks for: remembers "my name is ..." from the history, calls
 * `get_time` when asked for the time and `end_call` when asked to hang up, tells a long story, and else repeats.
 */
export const smallTalk: FakeScript = (history) => {
  const said = history
    .filter((message) => message.role === 'user')
    .map((message) => message.text.toLowerCase());
  const last = said.at(-1) ?? '';
  if (/what time/.test(last)) return [{ call: 'get_time', arguments: {} }, { say: 'That is the time.' }];
  if (/hang up/.test(last)) return [{ call: 'end_call', arguments: {} }, { say: 'Goodbye!' }];
  if (/long story/.test(last))
    return 'Once upon a time, a little cat went for a long walk. '.repeat(8).trim();
  if (/my name\b.*\?|what is my name|what's my name/.test(last)) {
    const told = said
      .map((text) => /my name is (\w+)/.exec(text)?.[1])
      .findLast((name) => name !== undefined);
    return told === undefined
      ? 'I do not know your name.'
      : `Your name is ${told[0]?.toUpperCase()}${told.slice(1)}.`;
  }
  return `You said ${last}.`;
};

class FakeHandle implements LanguageModelHandle {
  readonly #model: FakeLanguageModel;
  readonly #caller: number;
  readonly #endOfTurn: (words: string, history: readonly ChatMessage[]) => number | undefined;
  readonly #onClose: () => void;
  readonly #closing = new AbortController();
  readonly #turnstile = new Turnstile();

  constructor(
    model: FakeLanguageModel,
    caller: number,
    endOfTurn: (words: string, history: readonly ChatMessage[]) => number | undefined,
    onClose: () => void,
  ) {
    this.#model = model;
    this.#caller = caller;
    this.#endOfTurn = endOfTurn;
    this.#onClose = onClose;
  }

  async *reply(
    history: readonly ChatMessage[],
    options: ReplyOptions,
    signal: AbortSignal,
  ): AsyncGenerator<ReplyDelta> {
    const joined = this.#join(signal);
    yield* readAhead((ended) => this.#answer(history, options, ended), joined);
  }

  async *#answer(
    history: readonly ChatMessage[],
    options: ReplyOptions,
    joined: AbortSignal,
  ): AsyncGenerator<ReplyDelta> {
    const release = await this.#turnstile.enter(joined);
    const record: FakeReply = {
      caller: this.#caller,
      history: structuredClone(history),
      text: '',
      outcome: 'running',
    };
    this.#model.replies.push(record);
    try {
      await wait(this.#model.firstTokenMs, joined);
      let left = options.maxTokens;
      for await (const step of steps(this.#model.script(history, options))) {
        if (left-- <= 0) break;
        if ('waitMs' in step) await wait(step.waitMs, joined);
        else if ('fail' in step)
          throw new EngineFailedError('The language model failed.', { cause: step.fail });
        else if ('call' in step) yield { type: 'call', call: await runCall(step, options.tools, joined) };
        else {
          record.text += step.say;
          yield { type: 'text', text: step.say };
        }
        await wait(this.#model.tokenMs, joined);
      }
      record.outcome = 'finished';
    } catch (error) {
      record.outcome = joined.aborted ? 'aborted' : 'failed';
      throw error;
    } finally {
      if (record.outcome === 'running') record.outcome = 'aborted';
      release();
    }
  }

  async prefill(history: readonly ChatMessage[], _options: ReplyOptions, signal: AbortSignal): Promise<void> {
    const release = await this.#turnstile.enter(this.#join(signal));
    this.#model.prefills.push(structuredClone(history));
    release();
  }

  async endOfTurn(
    history: readonly ChatMessage[],
    words: string,
    signal: AbortSignal,
  ): Promise<number | undefined> {
    const joined = this.#join(signal);
    const release = await this.#turnstile.enter(joined);
    release();
    joined.throwIfAborted();
    return words.trim() === '' ? undefined : this.#endOfTurn(words, history);
  }

  async close(): Promise<void> {
    if (!this.#closing.signal.aborted) this.#closing.abort();
    await this.#turnstile.drained();
    this.#onClose();
  }

  #join(signal: AbortSignal): AbortSignal {
    if (this.#closing.signal.aborted) throw new WrongStateError('This sequence was given back.');
    return AbortSignal.any([signal, this.#closing.signal]);
  }
}

async function runCall(
  step: { call: string; arguments?: unknown },
  tools: readonly Tool[],
  signal: AbortSignal,
) {
  const args = step.arguments ?? {};
  const tool = tools.find((candidate) => candidate.name === step.call);
  const call = { name: step.call, arguments: args };
  if (tool === undefined) return { ...call, result: { error: `There is no function ${step.call}.` } };
  try {
    return { ...call, result: await unlessAborted(tool.run(args, signal), signal) };
  } catch (error) {
    if (signal.aborted) throw error;
    return { ...call, result: { error: error instanceof Error ? error.message : String(error) } };
  }
}

async function* steps(
  answer: string | Iterable<FakeStep> | AsyncIterable<FakeStep>,
): AsyncGenerator<FakeStep> {
  if (typeof answer !== 'string') yield* answer;
  else for (const [word] of answer.matchAll(/\s*\S+/g)) yield { say: word };
}

/** A plain timer, so that a test's fake clock can drive it. */
async function wait(delayMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) throw abortReason(signal);
  if (delayMs <= 0) return;
  await new Promise<void>((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer);
      reject(abortReason(signal));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, delayMs);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

function endsWithOpenWord(words: string): number {
  const open = /\b(a|an|and|are|but|for|in|is|my|of|on|or|so|that|the|to|was|with|your)$/i;
  return open.test(words.trim()) ? 0.02 : 0.9;
}
