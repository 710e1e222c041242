/**
 * The sequences of one llama.cpp context, lent to callers. They live as long as the context: a disposed sequence comes
 * back some time later, and until then the context says that none is left.
 */
import type { LlamaContext, Token } from 'node-llama-cpp';

import { ServerFullError } from '../errors.js';
import { LlamaSequence } from './llama-sequence.js';
import { sharePrefix } from './llama-shared-prefix.js';
import type { SequenceGroup } from './sequence-group.js';

export class LlamaSequencePool {
  readonly #all: readonly LlamaSequence[];
  readonly #idle: LlamaSequence[];

  constructor(context: LlamaContext, group: SequenceGroup) {
    this.#all = Array.from(
      { length: context.totalSequences },
      () => new LlamaSequence(context.getSequence(), group),
    );
    this.#idle = [...this.#all];
  }

  /** Those that nobody has. */
  get idle(): readonly LlamaSequence[] {
    return this.#idle;
  }

  get free(): number {
    return this.#idle.length;
  }

  /** Tokens evaluated since the start in all sequences. */
  get evaluatedTokens(): number {
    return this.#all.reduce((sum, sequence) => sum + sequence.evaluatedTokens, 0);
  }

  /**
   * Lends the sequence that has been idle for longest.
   * @throws ServerFullError when none is left.
   */
  lend(): LlamaSequence {
    const sequence = this.#idle.shift();
    if (sequence === undefined) throw new ServerFullError('Every sequence of the language model is taken.');
    return sequence;
  }

  /** Gives a sequence that has done nothing yet what an idle one holds, when that begins more like `tokens`. */
  exchange(sequence: LlamaSequence, tokens: Token[]): void {
    let most = sequence;
    for (const one of this.#idle) if (one.held(tokens) > most.held(tokens)) most = one;
    if (most !== sequence) sequence.exchange(most);
  }

  /**
   * Gives one of the idle sequences what `sequence` holds, `tokens`, so that the next caller who begins with them finds it.
   * One other stays in place for a caller who comes meanwhile.
   */
  async copyToIdle(sequence: LlamaSequence, tokens: Token[], signal: AbortSignal): Promise<void> {
    if (this.#idle.length < 2 || this.#idle.some((one) => one.held(tokens) === tokens.length)) return;
    const target = this.#idle.pop();
    if (target === undefined) return;
    try {
      await sharePrefix([sequence, target], tokens, signal);
    } finally {
      this.giveBack(target);
    }
  }

  /** Takes a sequence back. One that failed is lent again when the library has let go of it. */
  giveBack(sequence: LlamaSequence): void {
    if (sequence.failure === undefined) {
      this.#idle.push(sequence);
      return;
    }
    void sequence.recover().then((recovered) => {
      if (recovered) this.#idle.push(sequence);
    });
  }
}
