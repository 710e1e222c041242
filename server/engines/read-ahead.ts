/** Lets a producer run ahead of its reader, and ends it as soon as the reader goes away. */
import { unlessAborted } from './turnstile.js';

/**
 * Reads `start`'s items as fast as they come and hands them on as they are asked for. The producer begins with the
 * first read; it must be bounded by itself, since nothing holds it back.
 * @param start gets a signal that aborts with `signal`, and when the reader stops early.
 * @throws the signal's reason, at once when it aborts; the producer winds down behind it.
 */
export async function* readAhead<T>(
  start: (signal: AbortSignal) => AsyncIterable<T>,
  signal: AbortSignal,
): AsyncGenerator<T> {
  const gone = new AbortController();
  const items: T[] = [];
  let outcome: { error?: unknown } | undefined;
  let wake = () => {};
  const produce = async () => {
    try {
      for await (const item of start(AbortSignal.any([signal, gone.signal]))) {
        items.push(item);
        wake();
      }
      outcome = {};
    } catch (error) {
      outcome = { error };
    }
    wake();
  };
  void produce();
  try {
    for (;;) {
      signal.throwIfAborted();
      const item = items.shift();
      if (item !== undefined) yield item;
      else if (outcome === undefined)
        await unlessAborted(
          new Promise<void>((resolve) => {
            wake = resolve;
          }),
          signal,
        );
      else if ('error' in outcome) throw outcome.error;
      else return;
    }
  } finally {
    gone.abort();
  }
}
