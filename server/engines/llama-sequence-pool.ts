/**
 * The sequences of one llama.cpp context, lent to callers. They live as long as the context: a disposed sequence comes
 * back some time later, and until then the context says that none is left.
 */
import type { LlamaContext } from 'node-llama-cpp';

import { ServerFullError } from '../errors.js';
import { LlamaSequence, type SequenceGroup } from './llama-sequence.js';

export class LlamaSequencePool {
  readonly #idle: LlamaSequence[];

  constructor(context: LlamaContext, group: SequenceGroup) {
    this.#idle = Array.from(
      { length: context.totalSequences },
      () => new LlamaSequence(context.getSequence(), group),
    );
  }

  get free(): number {
    return this.#idle.length;
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

  /** Takes a sequence back. One that failed stays away: a call into the library may still be going on in it. */
  giveBack(sequence: LlamaSequence): void {
    if (sequence.failure === undefined) this.#idle.push(sequence);
  }
}
