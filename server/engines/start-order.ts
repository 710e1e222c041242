/** In which order engines are started. */
import type { Engine } from './engine-types.js';

/**
 * Engines that share a graphics card come one by one, each warm before the next: what ONNX Runtime takes of its memory cannot
 * be limited and is known only after the first requests, and engines that start meanwhile would disturb what is measured.
 * Whoever can plan its memory, the language model, comes last.
 * @param oneByOne otherwise all at once.
 * @param warmLimitMs how long the first request of one engine may take; loading does not count.
 * @returns starts an engine in its turn; when one fails, those behind it are not started and fail as well.
 */
export function startOrder(
  oneByOne: boolean,
  warmLimitMs: number,
): <E extends Engine>(start: () => Promise<E>) => Promise<E> {
  let before: Promise<void> = Promise.resolve();
  return (start) => {
    if (!oneByOne) return start();
    const started = before.then(start);
    before = started.then((engine) => engine.warm(AbortSignal.timeout(warmLimitMs)));
    // Whoever waits for it is told.
    before.catch(() => undefined);
    return started;
  };
}
