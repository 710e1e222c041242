/**
 * The sequences of one llama.cpp context, lent to callers. They live as long as the context: a disposed sequence comes
 * back some time later, and until then the context says that none is left.
 */
import type { LlamaContext } from 'node-llama-cpp';

import { ServerFullError } from '../errors.js';
import { LlamaSequence } from './llama-sequence.js';
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
