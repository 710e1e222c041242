/** Typed events of one object: the map says which event carries what. */

export type Listener<T> = (detail: T) => void;

export class Listeners<Events extends object> {
  readonly #byEvent = new Map<keyof Events, Set<Listener<never>>>();

  /** Listens; the answer is a function that stops listening. */
  add<E extends keyof Events>(event: E, listener: Listener<Events[E]>): () => void {
    const listeners = this.#byEvent.get(event) ?? new Set();
    this.#byEvent.set(event, listeners);
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  /** A listener that throws is reported to the console and keeps nobody else from hearing the event. */
  tell<E extends keyof Events>(event: E, detail: Events[E]): void {
    for (const listener of [...(this.#byEvent.get(event) ?? [])]) {
      try {
        (listener as Listener<Events[E]>)(detail);
      } catch (error) {
        console.error(`A listener of "${String(event)}" failed.`, error);
      }
    }
  }

  clear(): void {
    this.#byEvent.clear();
  }
}
