/**
 * One sequence (KV cache) of the shared llama.cpp context: evaluates what it has not seen, generates, and tells the
 * probability of a token. Every call into the library is watched: one that fails or hangs is an EngineFailedError.
 */
import type {
  ControlledEvaluateInputItem,
  EvaluationPriority,
  LlamaContextSequence,
  Token,
} from 'node-llama-cpp';

import { EngineFailedError } from '../errors.js';
import { Urgency } from './llama-batching.js';
import type { SequenceGroup } from './sequence-group.js';
import { unlessAborted } from './turnstile.js';

/**
 * What to ask for to compute the probability of one token without a map of the whole vocabulary: its logit, the greatest
 * one, and the sum over all. `includeMax` of this library leaves the greatest out unless it is the token itself.
 */
function probabilityOf(token: Token) {
  return {
    logits: { filter: { tokens: [token], includeTop: 1 } },
    totalLogitWeight: true,
    options: { temperature: 1, topK: 0, topP: 1, minP: 0 },
  };
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
      await this.#group.rollBack(() => this.#sequence.clearHistory());
    } catch {
      return false;
    }
    this.#failure = undefined;
    return true;
  }

  /** Writes all that the sequence holds to a file. */
  async save(path: string): Promise<void> {
    await this.#watch(() => this.#group.rollBack(() => this.#sequence.saveStateToFile(path)));
  }

  /** Takes what another sequence of the same context has saved, in place of what this one holds. */
  async restore(path: string): Promise<void> {
    await this.#watch(() =>
      this.#group.rollBack(() => this.#sequence.loadStateFromFile(path, { acceptRisk: true })),
    );
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
   * @param urgency asked before each chunk.
   * @param enough asked between chunks: ends the work early.
   */
  async prefill(
    tokens: Token[],
    urgency: () => EvaluationPriority,
    signal: AbortSignal,
    enough: () => boolean = () => false,
  ): Promise<void> {
    await this.#rollBack(tokens, signal);
    this.#group.prompting++;
    try {
      while (this.#sequence.nextTokenIndex < tokens.length && !enough()) {
        signal.throwIfAborted();
        const start = this.#sequence.nextTokenIndex;
        const chunk = tokens.slice(start, start + this.#group.chunkTokens);
        await this.#evaluate(
          () => this.#sequence.evaluateWithoutGeneratingNewTokens(chunk, { evaluationPriority: urgency() }),
          chunk.length,
        );
      }
    } finally {
      this.#group.prompting--;
    }
    signal.throwIfAborted();
  }

  /** Generates tokens after `prompt` until the model ends its turn. Aborts between two tokens. */
  async *generate(
    prompt: Token[],
    temperature: number,
    urgency: () => EvaluationPriority,
    signal: AbortSignal,
  ): AsyncGenerator<Token> {
    const last = await this.#prefillButLast(prompt, urgency, signal);
    const tokens = this.#sequence.evaluate(last, { temperature, evaluationPriority: urgency() });
    let speaking = false;
    try {
      for (;;) {
        // The first one evaluates the end of the prompt as well.
        const next = await this.#evaluate(() => tokens.next(), speaking ? 0 : last.length);
        if (next.done === true) return;
        signal.throwIfAborted();
        if (!speaking) this.#group.replying++;
        speaking = true;
        yield next.value;
        signal.throwIfAborted();
      }
    } finally {
      if (speaking) this.#group.replying--;
      if (this.#failure === undefined) await tokens.return();
    }
  }

  /** Probability (0 to 1) that `token` comes after `tokens`, which the sequence then holds. */
  async probability(tokens: Token[], token: Token, signal: AbortSignal): Promise<number> {
    const last: ControlledEvaluateInputItem[] = await this.#prefillButLast(
      tokens,
      () => Urgency.endOfTurn,
      signal,
    );
    const end = tokens.at(-1);
    if (end === undefined) return 0;
    const input = last.with(-1, [end, { generateNext: probabilityOf(token) }]);
    const outputs = await this.#evaluate(
      () => this.#sequence.controlledEvaluate(input, { evaluationPriority: Urgency.endOfTurn }),
      input.length,
    );
    signal.throwIfAborted();
    const { logits: found, totalLogitWeight } = outputs.at(-1)?.next ?? {};
    const logit = found?.get(token);
    if (found === undefined || logit === undefined || !totalLogitWeight) return 0;
    return Math.exp(logit - Math.max(...found.values())) / totalLogitWeight;
  }

  /** Evaluates all but the last chunk, which goes together with the first step: one batch less to wait for. */
  async #prefillButLast(
    tokens: Token[],
    urgency: () => EvaluationPriority,
    signal: AbortSignal,
  ): Promise<Token[]> {
    const held = Math.min(this.#shared(tokens), tokens.length - 1);
    const ahead = Math.max(held, tokens.length - this.#group.chunkTokens);
    await this.prefill(tokens.slice(0, ahead), urgency, signal);
    return tokens.slice(ahead);
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
    if (start < end)
      await this.#watch(() =>
        this.#group.rollBack(() => this.#sequence.eraseContextTokenRanges([{ start, end }])),
      );
  }

  async #evaluate<T>(call: () => Promise<T>, promptTokens: number): Promise<T> {
    return this.#watch((stalled) => this.#group.evaluate(call, promptTokens, stalled));
  }

  /** @param work gets a signal that aborts when it is given up. */
  async #watch<T>(work: (stalled: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#failure !== undefined) throw this.#failure;
    const stalled = new AbortController();
    const timer = setTimeout(() => {
      stalled.abort(new Error(`no answer from llama.cpp for ${this.#group.stallMs} ms`));
    }, this.#group.stallMs);
    const call = work(stalled.signal);
    this.#call = call.catch(() => undefined);
    try {
      return await unlessAborted(call, stalled.signal);
    } catch (error) {
      this.#failure = new EngineFailedError('The language model failed.', { cause: error });
      throw this.#failure;
    } finally {
      clearTimeout(timer);
    }
  }
}
