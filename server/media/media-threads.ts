/** The media threads of the server. One that dies is replaced; its calls are told so. */
import { MediaFailedError } from '../errors.js';
import type { Logger } from '../log.js';
import { leastUsed } from './measured-use.js';
import { MediaThread, type MediaThreadOptions } from './media-thread.js';
import type { MediaCounters } from './media-types.js';

export interface MediaThreads {
  /** Threads that are up. */
  readonly up: readonly MediaThread[];
  /**
   * The least busy thread.
   * @throws MediaFailedError when none is up.
   */
  place(): MediaThread;
  /** The latest counters of each thread. */
  counters(): MediaCounters[];
  /** Ends all threads. Idempotent. */
  close(): Promise<void>;
}

/** Starts `count` media threads and waits until all are ready. */
export async function startMediaThreads(
  count: number,
  options: MediaThreadOptions,
  log: Logger,
): Promise<MediaThreads> {
  const slots: (MediaThread | undefined)[] = [];
  let closing = false;

  async function startSlot(index: number): Promise<void> {
    const thread = await MediaThread.start(options, log);
    slots[index] = thread;
    thread.onDied((error) => {
      slots[index] = undefined;
      if (closing) return;
      log.error({ err: error }, 'media thread died; starting another');
      startSlot(index).catch((failure: unknown) => {
        log.fatal({ err: failure }, 'media thread could not be replaced');
      });
    });
  }

  await Promise.all(Array.from({ length: count }, (_, index) => startSlot(index)));
  const up = () => slots.filter((thread) => thread !== undefined);
  return {
    get up() {
      return up();
    },
    place() {
      const thread = leastUsed(up(), ({ sessions, use }) => ({ calls: sessions, use }));
      if (thread === undefined) throw new MediaFailedError('No media thread is up; try again in a moment.');
      return thread;
    },
    counters: () => up().map((thread) => thread.counters),
    async close() {
      closing = true;
      await Promise.all(up().map((thread) => thread.shutdown()));
    },
  };
}
