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
  #sequence: LlamaContextSequence;
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

  /** Writes all that the sequence holds to a file. Whether or not that succeeds, the sequence stays as it is. */
  async save(path: string): Promise<void> {
    const saved = this.#group.rollBack(() => this.#sequence.saveStateToFile(path));
    await unlessAborted(saved, AbortSignal.timeout(this.#group.stallMs));
  }

  /** Takes what another sequence of the same context has saved, in place of what this one holds. */
  async restore(path: string): Promise<void> {
    await this.#watch(() =>
      this.#group.rollBack(() => this.#sequence.loadStateFromFile(path, { acceptRisk: true })),
    );
  }

  /** Takes what the other one holds, and gives it its own, for nothing. Neither may be at work. */
  exchange(other: LlamaSequence): void {
    [this.#sequence, other.#sequence] = [other.#sequence, this.#sequence];
  }

  /** Tokens at the beginning of `tokens` that the sequence holds. */
  held(tokens: Token[]): number {
    return Math.min(this.#sequence.compareContextTokens(tokens).firstDifferentIndex, tokens.length);
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
   * @param urgency asked before each piece.
   * @param enough asked between pieces: ends the work early.
   */
  async prefill(
    tokens: Token[],
    urgency: () => EvaluationPriority,
    signal: AbortSignal,
    enough: () => boolean = () => false,
  ): Promise<void> {
    await this.#rollBack(tokens, signal);
    if (enough()) return;
    await this.#pieceByPiece(tokens, signal, async (piece) => {
      await this.#sequence.evaluateWithoutGeneratingNewTokens(piece, { evaluationPriority: urgency() });
      return enough() ? true : undefined;
    });
    signal.throwIfAborted();
  }

  /** Generates tokens after `prompt` until the model ends its turn. Aborts between two tokens. */
  async *generate(
    prompt: Token[],
    temperature: number,
    urgency: () => EvaluationPriority,
    signal: AbortSignal,
  ): AsyncGenerator<Token> {
    let tokens: AsyncGenerator<Token, void | Token> | undefined;
    try {
      let next = await this.#withEnd(prompt, urgency, signal, (end) => {
        // From here on, for the others' prompts are to leave room for the next step.
        this.#group.replying++;
        tokens = this.#sequence.evaluate(end, { temperature, evaluationPriority: urgency() });
        return tokens.next();
      });
      while (tokens !== undefined && next.done !== true) {
        signal.throwIfAborted();
        yield next.value;
        signal.throwIfAborted();
        const answer = tokens;
        next = await this.#watch((stalled) => this.#group.step(() => answer.next(), stalled));
      }
    } finally {
      if (tokens !== undefined) {
        this.#group.replying--;
        if (this.#failure === undefined) await tokens.return();
      }
    }
  }

  /** Probability (0 to 1) that `token` comes after `tokens`, which the sequence then holds. */
  async probability(tokens: Token[], token: Token, signal: AbortSignal): Promise<number> {
    if (tokens.length === 0) return 0;
    const outputs = await this.#withEnd(
      tokens,
      () => Urgency.endOfTurn,
      signal,
      (end) => {
        const input: ControlledEvaluateInputItem[] = [...end];
        const last = end.at(-1);
        if (last !== undefined) input[end.length - 1] = [last, { generateNext: probabilityOf(token) }];
        return this.#sequence.controlledEvaluate(input, { evaluationPriority: Urgency.endOfTurn });
      },
    );
    signal.throwIfAborted();
    const { logits: found, totalLogitWeight } = outputs.at(-1)?.next ?? {};
    const logit = found?.get(token);
    if (found === undefined || logit === undefined || !totalLogitWeight) return 0;
    return Math.exp(logit - Math.max(...found.values())) / totalLogitWeight;
  }

  /**
   * Evaluates `tokens`, the last piece of them, at least one, with `work`: the first step goes into the same batch, so that
   * there is one batch less to wait for.
   */
  async #withEnd<T>(
    tokens: Token[],
    urgency: () => EvaluationPriority,
    signal: AbortSignal,
    work: (end: Token[]) => Promise<T>,
  ): Promise<T> {
    await this.#rollBack(tokens.slice(0, -1), signal);
    const done = await this.#pieceByPiece(tokens, signal, async (piece, last) => {
      if (last) return { value: await work(piece) };
      await this.#sequence.evaluateWithoutGeneratingNewTokens(piece, { evaluationPriority: urgency() });
      return undefined;
    });
    if (done === undefined) throw new RangeError('There is no prompt.');
    return done.value;
  }

  /** Has `work` evaluate what the sequence does not hold of `tokens`, as much at a time as fits beside others, until it gives a result. */
  async #pieceByPiece<T>(
    tokens: Token[],
    signal: AbortSignal,
    work: (piece: Token[], last: boolean) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    this.#group.prompting++;
    try {
      for (;;) {
        signal.throwIfAborted();
        const rest = tokens.slice(this.#sequence.nextTokenIndex);
        if (rest.length === 0) return undefined;
        const result = await this.#watch((stalled) =>
          this.#group.prompt((room) => work(rest.slice(0, room), room === rest.length), rest.length, stalled),
        );
        if (result !== undefined) return result;
      }
    } finally {
      this.#group.prompting--;
    }
  }

  async #rollBack(tokens: Token[], signal: AbortSignal): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    signal.throwIfAborted();
    const end = this.#sequence.nextTokenIndex;
    const start = this.held(tokens);
    if (start < end)
      await this.#watch(() =>
        this.#group.rollBack(() => this.#sequence.eraseContextTokenRanges([{ start, end }])),
      );
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
