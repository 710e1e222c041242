/** A detector that answers what a test tells it, when the test lets it. */
import { deferred } from '../../server/engines/deferred.js';
import type { EndOfTurnDetector, EndOfTurnRequest } from '../../server/engines/engine-types.js';
import { unlessAborted } from '../../server/engines/turnstile.js';
import { WrongStateError } from '../../server/errors.js';

export class FakeEndOfTurn implements EndOfTurnDetector {
  readonly name = 'fake';
  /** What it was asked, oldest first. */
  readonly asked: { request: EndOfTurnRequest; signal: AbortSignal; answer: (finished: number) => void }[] =
    [];
  /** What the next requests fail with. */
  failure: Error | undefined;
  /** Answers every request at once, without the test. */
  readonly #judge: ((request: EndOfTurnRequest) => number) | undefined;
  #closed = false;

  constructor(judge?: (request: EndOfTurnRequest) => number) {
    this.#judge = judge;
  }

  warm(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#closed = true;
    return Promise.resolve();
  }

  async probability(request: EndOfTurnRequest, signal: AbortSignal): Promise<number> {
    signal.throwIfAborted();
    if (this.#closed) throw new WrongStateError('The detector is closed.');
    if (this.failure) throw this.failure;
    const { promise, resolve } = deferred<number>();
    this.asked.push({ request, signal, answer: resolve });
    const judge = this.#judge;
    if (judge) setImmediate(() => resolve(judge(request)));
    return unlessAborted(promise, signal);
  }
}
