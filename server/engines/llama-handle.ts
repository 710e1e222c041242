/** One caller's part of the language model: answers, one at a time, on the caller's own sequence. */
import type { LlamaModel, Token } from 'node-llama-cpp';

import { WrongStateError } from '../errors.js';
import { askForSummary, summaryTokens, withSummary } from './call-summary.js';
import type {
  ChatMessage,
  LanguageModelHandle,
  PrefillOptions,
  ReplyDelta,
  ReplyOptions,
  ToolCall,
} from './engine-types.js';
import { fitHistory } from './fit-history.js';
import { Urgency } from './llama-batching.js';
import type { LlamaPrompt } from './llama-prompt.js';
import { ReplyParser, type ReplyPart } from './llama-reply-parser.js';
import type { LlamaSequence } from './llama-sequence.js';
import type { LlamaSequencePool } from './llama-sequence-pool.js';
import { worthCopying } from './llama-shared-prefix.js';
import { readAhead } from './read-ahead.js';
import { runTool } from './run-tool.js';
import { Turnstile } from './turnstile.js';

/** Function calls in one answer at most: a model that goes on calling would never speak. */
const callsPerReply = 4;

/** Part of the context that one result of a function may take. */
const resultShare = 0.25;

/**
 * When nobody waits, a conversation is cut already when it uses this part of what fits, so that it hardly ever has to be
 * while somebody waits.
 */
const spareShare = 0.85;

/** Tokens that are waited for to complete one character. */
const tokensPerCharacter = 6;

export interface LlamaHandleParts {
  model: LlamaModel;
  prompt: LlamaPrompt;
  sequence: LlamaSequence;
  /** For what callers with the same instructions can have from each other. */
  pool: LlamaSequencePool;
  /** Whether the model can be asked to summarise a conversation. */
  summarises: boolean;
  /** Called once when the sequence is idle and may be lent again. */
  onClose(): void;
}

export class LlamaHandle implements LanguageModelHandle {
  readonly #parts: LlamaHandleParts;
  readonly #turnstile = new Turnstile();
  readonly #closing = new AbortController();
  #closed: Promise<void> | undefined;
  /** Messages of the conversation that are not given to the model any more. */
  #dropped = 0;
  /** The prompt made last. */
  #latest: { key: string; tokens: Token[] } = { key: '', tokens: [] };
  /** What the model has kept of them in its own words. */
  #summary = '';
  /** Those of the last request. An end-of-turn question has the same prompt, so that the answer can begin where it ends. */
  #options: ReplyOptions = { tools: [], maxTokens: 256, temperature: 0 };

  constructor(parts: LlamaHandleParts) {
    this.#parts = parts;
  }

  async *reply(
    history: readonly ChatMessage[],
    options: ReplyOptions,
    signal: AbortSignal,
  ): AsyncGenerator<ReplyDelta> {
    const joined = this.#join(signal);
    yield* readAhead((ended) => this.#answer(history, options, ended), joined);
  }

  async prefill(
    history: readonly ChatMessage[],
    options: PrefillOptions,
    signal: AbortSignal,
  ): Promise<void> {
    const joined = this.#join(signal);
    const leave = await this.#turnstile.enter(joined);
    try {
      if (history.every(({ role }) => role === 'system')) {
        await this.#begin(history, options, joined);
        return;
      }
      if (!options.unfinished && !(await this.#makeRoom(history, options, joined))) return;
      const whole = this.#fit(history, options, [], options.unfinished ? 1 : spareShare).tokens;
      // The last token is left: an answer needs one to begin with.
      const tokens = options.unfinished ? this.#parts.prompt.callerTurn(whole)?.tokens : whole.slice(0, -1);
      if (tokens === undefined) return;
      await this.#parts.sequence.prefill(
        tokens,
        () => Urgency.prefill,
        joined,
        () => this.#turnstile.waiting > 0,
      );
    } finally {
      leave();
    }
  }

  /** Reads the instructions, from what another caller with the same ones has left where there is such a one. */
  async #begin(history: readonly ChatMessage[], options: ReplyOptions, signal: AbortSignal): Promise<void> {
    const { pool, prompt, sequence } = this.#parts;
    const tokens = prompt.beginning(history, options.tools).slice(0, sequence.capacity - 1);
    pool.exchange(sequence, tokens);
    const waited = () => this.#turnstile.waiting > 0;
    await sequence.prefill(tokens, () => Urgency.prefill, signal, waited);
    if (tokens.length >= worthCopying && !waited()) await pool.copyToIdle(sequence, tokens, signal);
  }

  async endOfTurn(
    history: readonly ChatMessage[],
    words: string,
    signal: AbortSignal,
  ): Promise<number | undefined> {
    const joined = this.#join(signal);
    if (words.trim() === '') return undefined;
    const leave = await this.#turnstile.enter(joined);
    try {
      const whole = this.#fit([...history, { role: 'user', text: words.trim() }], this.#options, []).tokens;
      const turn = this.#parts.prompt.callerTurn(whole);
      if (turn === undefined) return undefined;
      return await this.#parts.sequence.probability(turn.tokens, turn.end, joined);
    } finally {
      leave();
    }
  }

  /**
   * Has the model summarise a conversation that is about to lose its oldest turns.
   * @returns false when somebody came to wait meanwhile: the next pause will do.
   */
  async #makeRoom(
    history: readonly ChatMessage[],
    options: ReplyOptions,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (!this.#parts.summarises) return true;
    const before = this.#dropped;
    const { dropped } = this.#fit(history, options, [], spareShare);
    this.#dropped = before;
    if (dropped <= before) return true;
    const ahead = { ...options, maxTokens: summaryTokens, temperature: 0, draft: () => true };
    const prompt = this.#fit(askForSummary(history), ahead, []).tokens;
    let summary = '';
    for await (const part of this.#generate(prompt, summaryTokens, ahead, signal)) {
      if (this.#turnstile.waiting > 0) return false;
      if (part.type !== 'text') break;
      summary += part.text;
    }
    this.#summary = summary.trim();
    return true;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#closing.abort();
    await this.#turnstile.drained();
    this.#parts.onClose();
  }

  #join(signal: AbortSignal): AbortSignal {
    if (this.#closing.signal.aborted) throw new WrongStateError('This sequence was given back.');
    return AbortSignal.any([signal, this.#closing.signal]);
  }

  /** Generates until the model has nothing to add to the results of its calls. */
  async *#answer(
    history: readonly ChatMessage[],
    options: ReplyOptions,
    signal: AbortSignal,
  ): AsyncGenerator<ReplyDelta> {
    const leave = await this.#turnstile.enter(signal);
    try {
      const soFar: (string | ToolCall)[] = [];
      let left = options.maxTokens;
      for (let calls = 0; calls <= callsPerReply && left > 0; calls++) {
        let request: ReplyPart | undefined;
        let text = '';
        const prompt = this.#fit(history, { ...options, maxTokens: left }, soFar).tokens;
        for await (const part of this.#generate(prompt, left, options, signal)) {
          left -= part.tokens;
          if (part.type === 'text') {
            text += part.text;
            yield { type: 'text', text: part.text };
          } else if (part.type === 'call') {
            request = part;
            break;
          }
        }
        if (request?.type !== 'call' || calls === callsPerReply) return;
        if (text !== '') soFar.push(text);
        const call = await runTool(request, options.tools, signal);
        yield { type: 'call', call };
        soFar.push({ ...call, result: this.#shortResult(call.result) });
      }
    } finally {
      leave();
    }
  }

  /** Parts of one stretch of output, each with the number of tokens that it took. */
  async *#generate(
    prompt: Token[],
    maxTokens: number,
    { temperature, draft }: ReplyOptions,
    signal: AbortSignal,
  ): AsyncGenerator<ReplyPart & { tokens: number }> {
    const { model, sequence } = this.#parts;
    const parser = new ReplyParser(this.#parts.prompt.syntax);
    const recent = prompt.slice(-tokensPerCharacter);
    const limit = Math.min(maxTokens, sequence.capacity - prompt.length);
    const urgency = () => (draft?.() === true ? Urgency.draft : Urgency.reply);
    let incomplete: Token[] = [];
    let tokens = 0;
    let generated = 0;
    for await (const token of sequence.generate(prompt, temperature, urgency, signal)) {
      if (this.#parts.prompt.isOutOfPlace(token)) break;
      tokens++;
      incomplete.push(token);
      const output = model.detokenize(incomplete, true, recent);
      // Half a character: the rest of its bytes is in the next token.
      if (!output.endsWith('\uFFFD') || incomplete.length >= tokensPerCharacter) {
        recent.push(...incomplete);
        recent.splice(0, recent.length - tokensPerCharacter);
        incomplete = [];
        for (const part of parser.push(output)) {
          yield { ...part, tokens };
          tokens = 0;
          if (part.type !== 'text') return;
        }
      }
      if (++generated >= limit) break;
    }
    for (const part of parser.end()) {
      yield { ...part, tokens };
      tokens = 0;
    }
  }

  /**
   * The prompt, cut so that it and the longest answer fit into the sequence.
   * @param share of what fits that may be used: what is left is for the turns to come.
   */
  #fit(
    history: readonly ChatMessage[],
    options: ReplyOptions,
    soFar: readonly (string | ToolCall)[],
    share = 1,
  ) {
    const { prompt, sequence } = this.#parts;
    this.#options = options;
    const answer = Math.min(options.maxTokens, Math.floor(sequence.capacity / 2));
    const tokensOf = (of: readonly ChatMessage[]) => {
      // The end of a turn, the answer and what is read ahead mostly ask for the same prompt, one after the other.
      const key = JSON.stringify([of, options.tools, soFar]);
      if (this.#latest.key !== key) this.#latest = { key, tokens: prompt.tokens(of, options.tools, soFar) };
      return this.#latest.tokens;
    };
    const budget = Math.floor((sequence.capacity - answer) * share);
    const fitted = fitHistory(withSummary(history, this.#summary), budget, this.#dropped, {
      prompt: (of) => tokensOf(of).length,
      text: (text) => prompt.tokenCount(text),
      cut: (text, tokens, keep) => prompt.cut(text, tokens, keep),
    });
    this.#dropped = fitted.dropped;
    const tokens = tokensOf(fitted.history);
    // What does not shrink, such as the descriptions of many tools, must not break the call either.
    return {
      history: fitted.history,
      dropped: fitted.dropped,
      tokens: tokens.slice(0, sequence.capacity - 1),
    };
  }

  #shortResult(result: unknown): unknown {
    const limit = Math.floor(this.#parts.sequence.capacity * resultShare);
    const json = JSON.stringify(result) ?? 'null';
    if (json.length <= limit || this.#parts.prompt.tokenCount(json) <= limit) return result;
    return this.#parts.prompt.cut(json, limit, 'beginning');
  }
}
