/**
 * Lets the sequences of one llama.cpp context work in step. The library begins its next batch with whatever is queued at
 * that moment, so that callers on their own would take turns in batches of one; and it rolls a sequence back only when
 * nothing is queued, which beside callers who are being answered is at the end of all answers.
 */
import { batchTokens } from './llama-batching.js';
import { Pace } from './llama-pace.js';

export class SequenceGroup {
  /** A call into the library that takes longer has failed, ms. */
  readonly stallMs: number;
  /** Answers of which the first token is there and the last is not. */
  replying = 0;
  /** Prompts that are being evaluated. */
  prompting = 0;
  /** How long batches take. */
  readonly #pace = new Pace();
  /** Calls in the batch that is being put together or evaluated. */
  #aboard = 0;
  /** Whether the batch is being evaluated: who comes now is in the next one. */
  #sealed = false;
  /** Whether prompts stay out of the batch that is being put together. */
  #stepsOnly = false;
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
   * Evaluates the next step of an answer in the next batch.
   * @param call queues a token at once and resolves when it is evaluated.
   * @param signal aborted when nobody waits for the call any more: it is not made then.
   */
  async step<T>(call: () => Promise<T>, signal: AbortSignal): Promise<T> {
    while (this.#closed) await this.#opening;
    signal.throwIfAborted();
    this.#board();
    this.#batch.steps++;
    return this.#ride(call);
  }

  /**
   * Evaluates a piece of a prompt in the next batch that has room for it.
   * @param call queues so many tokens at once and resolves when they are evaluated.
   * @param wanted tokens that the prompt still has.
   * @param signal see {@link step}.
   */
  async prompt<T>(call: (tokens: number) => Promise<T>, wanted: number, signal: AbortSignal): Promise<T> {
    while (this.#closed || this.#stepsOnly || this.#room <= 0) await this.#opening;
    signal.throwIfAborted();
    const tokens = Math.min(wanted, this.#room);
    this.#board();
    this.#batch.promptTokens += tokens;
    return this.#ride(() => call(tokens));
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

  get #closed(): boolean {
    return this.#sealed || this.#rollBacks > 0;
  }

  /** Tokens that one prompt may bring: all that are being evaluated share what a batch may hold of them. */
  get #room(): number {
    const most = Math.min(this.#pace.promptTokens(this.replying), Math.max(1, batchTokens - this.replying));
    const share = Math.max(1, Math.floor(most / Math.max(1, this.prompting)));
    return Math.min(share, most - this.#batch.promptTokens);
  }

  #board(): void {
    // The library dispatches a batch in the turn of the event loop after the first call: until then others join.
    if (this.#aboard++ > 0) return;
    this.#batch.since = performance.now();
    setImmediate(() => (this.#sealed = this.#aboard > 0));
  }

  async #ride<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } finally {
      if (--this.#aboard === 0) this.#arrive();
    }
  }

  #arrive(): void {
    this.#sealed = false;
    const { since, ...held } = this.#batch;
    this.#pace.record({ ...held, ms: performance.now() - since });
    this.#batch = { steps: 0, promptTokens: 0, since: 0 };
    if (this.replying > 0 && this.#pace.wantsStep) this.#holdPrompts();
    this.#letIn();
  }

  /** Lets answers go on by themselves once: prompts come when their batch is on its way, or none of them came. */
  #holdPrompts(): void {
    this.#stepsOnly = true;
    setImmediate(() => {
      this.#stepsOnly = false;
      if (this.#aboard === 0) this.#letIn();
    });
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
