import { Pace } from './llama-pace.js';

/**
 * Lets the sequences of one llama.cpp context work in step. The library begins its next batch with whatever is queued at
 * that moment, so that callers on their own would take turns in batches of one; and it rolls a sequence back only when
 * nothing is queued, which beside callers who are being answered is at the end of all answers.
 */
export class SequenceGroup {
  /** A call into the library that takes longer has failed, ms. */
  readonly stallMs: number;
  /** Answers of which the first token is there and the last is not. */
  replying = 0;
  /** Prompts that are being evaluated. */
  prompting = 0;
  /** How long batches take. */
  readonly pace = new Pace();
  /** Calls in the batch that is being put together or evaluated. */
  #aboard = 0;
  /** Whether the batch is being evaluated: who comes now is in the next one. */
  #sealed = false;
  /** What is in that batch, and since when. */
  #batch = { steps: 0, promptTokens: 0, since: 0 };
  #rollBacks = 0;
  #opening: Promise<void>;
  #open: () => void = () => {};

  constructor(stallMs: number) {
    this.stallMs = stallMs;
    this.#opening = this.#nextOpening();
  }

  /**
   * Evaluates in the next batch.
   * @param call queues tokens at once and resolves when they are evaluated.
   * @param promptTokens how many of them belong to a prompt; 0 for the next step of an answer.
   * @param signal aborted when nobody waits for the call any more: it is not made then.
   */
  async evaluate<T>(call: () => Promise<T>, promptTokens: number, signal: AbortSignal): Promise<T> {
    while (this.#sealed || this.#rollBacks > 0) await this.#opening;
    signal.throwIfAborted();
    // The library dispatches a batch in the turn of the event loop after the first call: until then others join.
    if (this.#aboard++ === 0) {
      this.#batch = { steps: 0, promptTokens: 0, since: performance.now() };
      setImmediate(() => (this.#sealed = this.#aboard > 0));
    }
    if (promptTokens === 0) this.#batch.steps++;
    else this.#batch.promptTokens += promptTokens;
    try {
      return await call();
    } finally {
      if (--this.#aboard === 0) {
        this.#sealed = false;
        const { steps, promptTokens: tokens, since } = this.#batch;
        this.pace.record({ steps, promptTokens: tokens, ms: performance.now() - since });
        this.#letIn();
      }
    }
  }

  /** Tokens of a prompt that may go into one call: all prompts share what a batch may hold of them. */
  get chunkTokens(): number {
    return Math.max(1, Math.floor(this.pace.promptTokens(this.replying > 0) / Math.max(1, this.prompting)));
  }

  /** Runs `erase` between two batches. */
  async rollBack<T>(erase: () => Promise<T>): Promise<T> {
    this.#rollBacks++;
    try {
      return await erase();
    } finally {
      if (--this.#rollBacks === 0) this.#letIn();
    }
  }

  #letIn(): void {
    const open = this.#open;
    this.#opening = this.#nextOpening();
    open();
  }

  #nextOpening(): Promise<void> {
    return new Promise((resolve) => {
      this.#open = resolve;
    });
  }
}
