/** Waits for a condition instead of for a time. */
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Resolves with the first value of `read` that is neither undefined nor false.
 * @param what named in the error when it does not come within `limitMs`.
 */
export async function until<T>(
  what: string,
  read: () => T | undefined | false | Promise<T | undefined | false>,
  limitMs = 10_000,
): Promise<T> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const value = await read();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > deadline) throw new Error(`Waited ${limitMs} ms in vain: ${what}.`);
    await sleep(5);
  }
}
