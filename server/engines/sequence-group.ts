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
  /** Calls in the batch that is being put together or evaluated. */
  #aboard = 0;
  /** Whether the batch is being evaluated: who comes now is in the next one. */
  #sealed = false;
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
   * @param signal aborted when nobody waits for the call any more: it is not made then.
   */
  async evaluate<T>(call: () => Promise<T>, signal: AbortSignal): Promise<T> {
    while (this.#sealed || this.#rollBacks > 0) await this.#opening;
    signal.throwIfAborted();
    // The library dispatches a batch in the turn of the event loop after the first call: until then others join.
    if (this.#aboard++ === 0) setImmediate(() => (this.#sealed = this.#aboard > 0));
    try {
      return await call();
    } finally {
      if (--this.#aboard === 0) {
        this.#sealed = false;
        this.#letIn();
      }
    }
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
