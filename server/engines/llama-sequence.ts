/**
 * One sequence (KV cache) of the shared llama.cpp context: evaluates what it has not seen, generates, and tells the
 * probability of a token. Every call into the library is watched: one that fails or hangs is an EngineFailedError.
 */
import type { EvaluationPriority, LlamaContextSequence, Token } from 'node-llama-cpp';

import { EngineFailedError } from '../errors.js';
import { Urgency } from './llama-batching.js';

/**
 * Tokens of a prompt per call into the library. A call cannot be taken back, and roll-backs of all other sequences wait
 * for it.
 */
const chunkTokens = 64;

/** What all sequences of one context share. */
export interface SequenceGroup {
  /** Answers being generated now. */
  replying: number;
  /** A call into the library that takes longer has failed, ms. */
  readonly stallMs: number;
}

export class LlamaSequence {
  readonly #sequence: LlamaContextSequence;
  readonly #group: SequenceGroup;
  #failure: EngineFailedError | undefined;
  /** Settles when the last call into the library does; never rejects. */
  #call: Promise<unknown> = Promise.resolve();

  constructor(sequence: LlamaContextSequence, group: SequenceGroup) {
    this.#sequence = sequence;
    this.#group = group;
  }

  /** Set when a call into the library failed or hung: the sequence is of no use until it is recovered. */
  get failure(): EngineFailedError | undefined {
    return this.#failure;
  }

  /**
   * Waits until the library is done with what failed, however long that takes, and empties the sequence.
   * @returns whether it can be used again.
   */
  async recover(): Promise<boolean> {
    try {
      await this.#call;
      await this.#sequence.clearHistory();
    } catch {
      return false;
    }
    this.#failure = undefined;
    return true;
  }

  /** Tokens evaluated since the start, prompts and answers together. */
  get evaluatedTokens(): number {
    const { usedInputTokens, usedOutputTokens } = this.#sequence.tokenMeter;
    return usedInputTokens + usedOutputTokens;
  }

  /** Tokens it can hold: the library needs one to spare. */
  get capacity(): number {
    return this.#sequence.contextSize - 1;
  }

  /**
   * Evaluates `tokens` as far as the sequence does not hold them yet, and forgets everything that follows.
   * @param enough asked between chunks: ends the work early.
   */
  async prefill(
    tokens: Token[],
    urgency: EvaluationPriority,
    signal: AbortSignal,
    enough: () => boolean = () => false,
  ): Promise<void> {
    await this.#rollBack(tokens, signal);
    while (this.#sequence.nextTokenIndex < tokens.length && !enough()) {
      signal.throwIfAborted();
      const start = this.#sequence.nextTokenIndex;
      const chunk = tokens.slice(start, start + chunkTokens);
      await this.#watch(
        this.#sequence.evaluateWithoutGeneratingNewTokens(chunk, { evaluationPriority: urgency }),
      );
    }
    signal.throwIfAborted();
  }

  /** Generates tokens after `prompt` until the model ends its turn. Aborts between two tokens. */
  async *generate(prompt: Token[], temperature: number, signal: AbortSignal): AsyncGenerator<Token> {
    this.#group.replying++;
    try {
      // The last chunk goes together with the first step: one batch less to wait for.
      const held = Math.min(this.#shared(prompt), prompt.length - 1);
      const rest = prompt.length - held;
      const ahead = rest <= chunkTokens ? held : prompt.length - chunkTokens;
      await this.prefill(prompt.slice(0, ahead), Urgency.reply, signal);
      const tokens = this.#sequence.evaluate(prompt.slice(ahead), {
        temperature,
        evaluationPriority: Urgency.reply,
      });
      try {
        for (;;) {
          signal.throwIfAborted();
          const next = await this.#watch(tokens.next());
          if (next.done === true) return;
          signal.throwIfAborted();
          yield next.value;
        }
      } finally {
        if (this.#failure === undefined) await tokens.return();
      }
    } finally {
      this.#group.replying--;
    }
  }

  /** Probability (0 to 1) that `token` comes after `tokens`, which the sequence then holds. */
  async probability(tokens: Token[], token: Token, signal: AbortSignal): Promise<number> {
    const last = tokens.at(-1);
    if (last === undefined) return 0;
    await this.prefill(tokens.slice(0, -1), Urgency.endOfTurn, signal);
    const logits = { filter: { tokens: [token], includeMax: true } };
    const [output] = await this.#watch(
      this.#sequence.controlledEvaluate([[last, { generateNext: { logits, totalLogitWeight: true } }]], {
        evaluationPriority: Urgency.endOfTurn,
      }),
    );
    signal.throwIfAborted();
    const { logits: found, totalLogitWeight } = output?.next ?? {};
    const logit = found?.get(token);
    if (found === undefined || logit === undefined || !totalLogitWeight) return 0;
    return Math.exp(logit - Math.max(...found.values())) / totalLogitWeight;
  }

  /** Tokens at the beginning of `tokens` that the sequence holds. */
  #shared(tokens: Token[]): number {
    return Math.min(this.#sequence.compareContextTokens(tokens).firstDifferentIndex, tokens.length);
  }

  async #rollBack(tokens: Token[], signal: AbortSignal): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    signal.throwIfAborted();
    const end = this.#sequence.nextTokenIndex;
    const start = this.#shared(tokens);
    if (start < end) await this.#watch(this.#sequence.eraseContextTokenRanges([{ start, end }]));
  }

  async #watch<T>(call: Promise<T>): Promise<T> {
    if (this.#failure !== undefined) throw this.#failure;
    let timer: NodeJS.Timeout | undefined;
    const stalled = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        reject(new Error(`no answer from llama.cpp for ${this.#group.stallMs} ms`));
      }, this.#group.stallMs);
    });
    this.#call = call.catch(() => undefined);
    try {
      return await Promise.race([call, stalled]);
    } catch (error) {
      this.#failure = new EngineFailedError('The language model failed.', { cause: error });
      throw this.#failure;
    } finally {
      clearTimeout(timer);
    }
  }
}
