/** Words put into an answer while its text does not go on, such as "One moment." while a function runs. */
import { deferred } from '../engines/deferred.js';
import type { ReplyDelta } from '../engines/engine-types.js';

export class Interjection {
  readonly #said = deferred<string>();

  /** Puts the words in. Once; later ones are dropped. */
  say(text: string): void {
    this.#said.resolve(text);
  }

  /** The text with the words in the place where it stands still. */
  async *into(deltas: AsyncIterable<ReplyDelta>): AsyncGenerator<ReplyDelta> {
    const iterator = deltas[Symbol.asyncIterator]();
    let pending: Promise<{ text: string } | IteratorResult<ReplyDelta>> | undefined;
    let said = false;
    const words = this.#said.promise.then((text) => ({ text }));
    try {
      for (;;) {
        pending ??= iterator.next();
        const next = await (said ? pending : Promise.race([pending, words]));
        if ('text' in next) {
          said = true;
          // A sentence of its own, whatever stands around it.
          yield { type: 'text', text: ` ${next.text} ` };
          continue;
        }
        pending = undefined;
        if (next.done === true) return;
        yield next.value;
      }
    } finally {
      // Whoever stops reading must not be held up by what still runs; it ends by its signal.
      iterator.return?.().catch(() => undefined);
      pending?.catch(() => undefined);
    }
  }
}
