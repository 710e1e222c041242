/** A detector that answers what a test tells it, when the test lets it. */
import { deferred } from '../../server/engines/deferred.js';
import type { EndOfTurnDetector, EndOfTurnRequest } from '../../server/engines/engine-types.js';

export class FakeEndOfTurn implements EndOfTurnDetector {
  readonly name = 'fake';
  /** What it was asked, oldest first. */
  readonly asked: { request: EndOfTurnRequest; signal: AbortSignal; answer: (finished: number) => void }[] =
    [];
  /** What the next requests fail with. */
  failure: Error | undefined;

  warm(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  probability(request: EndOfTurnRequest, signal: AbortSignal): Promise<number> {
    if (this.failure) return Promise.reject(this.failure);
    const { promise, resolve, reject } = deferred<number>();
    signal.addEventListener('abort', () => reject(signal.reason));
    this.asked.push({ request, signal, answer: resolve });
    return promise;
  }
}
