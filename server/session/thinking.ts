/** The text of an answer: the conversation with the caller's latest words, given to the language model. */
import type { Config } from '../config.js';
import type { ChatMessage, Engines, LanguageModelHandle, ReplyDelta, Tool } from '../engines/engine-types.js';
import { monotonicMs } from '../media/media-types.js';
import type { Answer } from './answer.js';
import { endSilenceMs, wordScale } from './end-of-turn-wait.js';
import type { SpareWork } from './service-level.js';
import { unlessAborted } from '../engines/turnstile.js';

/** What is answered. */
export interface Context {
  /** What the caller has just said. */
  words: string;
  /** What was said before the caller's turn. */
  history: readonly ChatMessage[];
  /** The caller's turn with these words; empty when there is nothing to answer. */
  turn: string;
}

export interface ThinkingParts {
  config: Config;
  /** A detector that listens judges whether a turn is over in place of the language model. */
  engines: Pick<Engines, 'endOfTurn'>;
  languageModel: LanguageModelHandle;
  tools: readonly Tool[];
  /** What may be done besides what callers wait for. */
  spareWork(): SpareWork;
  /** The words of a turn that may go on are known. */
  onWords(words: string): void;
  /** So long must the caller's pause last for the turn to be over, ms. */
  onEndSilence(silenceMs: number): void;
}

/**
 * Streams the answer. While it is a draft, the model is asked first how finished the caller's words sound, unless an
 * engine listens for that; a server at its limit goes on from there when the turn is over.
 * @param context settles when the words are known and stand apart from the conversation before them.
 */
export async function* think(
  context: Promise<Context>,
  answer: Answer,
  parts: ThinkingParts,
  signal: AbortSignal,
): AsyncIterable<ReplyDelta> {
  const { words, history, turn } = await context;
  signal.throwIfAborted();
  answer.marks.set('recognised', monotonicMs());
  if (turn === '') return;
  const { languageModel, config, tools } = parts;
  if (!answer.committed) {
    parts.onWords(words);
    const finished = parts.engines.endOfTurn
      ? undefined
      : await languageModel.endOfTurn(history, turn, signal);
    if (finished !== undefined && !answer.committed)
      parts.onEndSilence(endSilenceMs(finished, config.turn, wordScale));
  }
  if (!parts.spareWork().drafts) await unlessAborted(answer.whenCommitted, signal);
  const { maxTokens, temperature } = config.languageModel;
  yield* languageModel.reply(
    [...history, { role: 'user', text: turn }],
    { tools: answer.gate(tools), maxTokens, temperature, draft: () => !answer.committed },
    signal,
  );
}
