/** Models between whose words and everybody else nothing stands but this: plain text of a bounded length. */
import type { LanguageModelHandle, RecognizerHandle, ReplyDelta } from '../engines/engine-types.js';
import { plainText } from '../plain-text.js';

/** A turn of half a minute has about 500. */
const maxHeardCharacters = 4000;
/** More than `languageModel.maxTokens` gives at its default; what is longer is not spoken. */
const maxAnswerCharacters = 16_000;

/** What is understood of the caller, as plain text. */
export function plainRecognizer(recognizer: RecognizerHandle): RecognizerHandle {
  const plain = (words: string) => plainText(words).slice(0, maxHeardCharacters);
  return {
    begin: (onPartial, signal) => {
      const utterance = recognizer.begin(onPartial && ((words) => onPartial(plain(words))), signal);
      return {
        push: (samples) => utterance.push(samples),
        finish: async () => plain(await utterance.finish()),
      };
    },
    close: () => recognizer.close(),
  };
}

/** What the model answers, as plain text. */
export function plainLanguageModel(model: LanguageModelHandle): LanguageModelHandle {
  return {
    reply: (history, options, signal) => plainDeltas(model.reply(history, options, signal)),
    prefill: (history, options, signal) => model.prefill(history, options, signal),
    endOfTurn: (history, words, signal) => model.endOfTurn(history, words, signal),
    close: () => model.close(),
  };
}

async function* plainDeltas(deltas: AsyncIterable<ReplyDelta>): AsyncIterable<ReplyDelta> {
  let length = 0;
  for await (const delta of deltas) {
    if (delta.type === 'call') {
      yield delta;
      continue;
    }
    const text = plainText(delta.text, true).slice(0, maxAnswerCharacters - length);
    length += text.length;
    if (text !== '') yield { type: 'text', text };
    if (length >= maxAnswerCharacters) return;
  }
}
