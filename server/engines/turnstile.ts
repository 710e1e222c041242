/** Lets one piece of work through at a time, in the order of arrival. */
export class Turnstile {
  /** Settles when everything before has left; never rejects. */
  #before: Promise<void> = Promise.resolve();
  #waiting = 0;

  /** How many wait for the one inside. */
  get waiting(): number {
    return this.#waiting;
  }

  /**
   * Waits for everything that came before.
   * @returns what lets the next one in; to be called once.
   * @throws the signal's reason, at once when it aborts; the place in the queue is then given up.
   */
  async enter(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    const before = this.#before;
    let leave = () => {};
    const inside = new Promise<void>((resolve) => {
      leave = resolve;
    });
    this.#before = before.then(() => inside);
    this.#waiting++;
    try {
      await unlessAborted(before, signal);
    } catch (error) {
      leave();
      throw error;
    } finally {
      this.#waiting--;
    }
    return leave;
  }

  /** Resolves when everything that came so far has left. */
  async drained(): Promise<void> {
    await this.#before;
  }
}

/** What `work` settles to, or the signal's reason as soon as it aborts; `work` itself goes on. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let onAbort = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => {
      reject(abortReason(signal));
    };
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** The reason of an aborted signal as an error. */
export function abortReason(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new DOMException('Aborted.', 'AbortError');
}
