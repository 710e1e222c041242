/** Lets the language model read a turn while it is being spoken, so that little is left to read when it ends. */
import type { Config } from '../config.js';
import type { LanguageModelHandle, Tool } from '../engines/engine-types.js';
import type { Logger } from '../log.js';
import type { Conversation } from './conversation.js';

export interface PartialReadingParts {
  config: Config;
  languageModel: LanguageModelHandle;
  tools: readonly Tool[];
  log: Logger;
}

/** So many new words are worth reading. */
const fewestWords = 3;

export class PartialReading {
  readonly #parts: PartialReadingParts;
  readonly #signal: AbortSignal;
  /** Words of the turn that were given to the model. */
  #read = '';
  #reading = false;

  /** @param signal the session's. */
  constructor(parts: PartialReadingParts, signal: AbortSignal) {
    this.#parts = parts;
    this.#signal = signal;
  }

  /**
   * Takes the words so far of a turn that goes on. While the model is reading, newer words wait for the next ones.
   * @param conversation as it was before the turn.
   */
  hear(words: string, conversation: Pick<Conversation, 'withCallerWords'>): void {
    // The last word may turn out to be another one.
    const sure = words.split(' ').slice(0, -1).join(' ');
    const known = sure.startsWith(this.#read) ? this.#read : '';
    const news = sure.slice(known.length).split(' ').filter(Boolean).length;
    if (this.#reading || news < fewestWords) return;
    this.#read = sure;
    this.#reading = true;
    const { languageModel, config, tools, log } = this.#parts;
    const { maxTokens, temperature } = config.languageModel;
    const { history, turn } = conversation.withCallerWords(sure);
    languageModel
      .prefill(
        [...history, { role: 'user', text: turn }],
        { tools, maxTokens, temperature, unfinished: true },
        this.#signal,
      )
      .catch((error: unknown) => {
        if (!this.#signal.aborted) log.warn({ err: error }, 'the words so far could not be read ahead');
      })
      .finally(() => (this.#reading = false));
  }
}
