/** What is kept, in the model's own words, of the beginning of a call that no longer fits into the context. */
import type { ChatMessage } from './engine-types.js';

/** Tokens of a summary at most. */
export const summaryTokens = 160;

/** Asked at the end of the conversation, as a caller's turn, so that the model has read all that comes before it. */
const question =
  'Summarise our conversation so far in a few plain sentences, for yourself. Keep names, numbers, dates and everything ' +
  'that I have told you about myself or asked you to remember. Answer with the summary only.';

const heading = 'What was said earlier in this call:';

/** The conversation as it is given to the model to be summarised. */
export function askForSummary(history: readonly ChatMessage[]): ChatMessage[] {
  return [...history, { role: 'user', text: question }];
}

/** The conversation with a summary of what has been left out of it behind the instructions. */
export function withSummary(history: readonly ChatMessage[], summary: string): readonly ChatMessage[] {
  if (summary === '') return history;
  const words = `${heading} ${summary}`;
  const [first, ...others] = history;
  if (first?.role === 'system') return [{ role: 'system', text: `${first.text}\n\n${words}` }, ...others];
  return [{ role: 'system', text: words }, ...history];
}
