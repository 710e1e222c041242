/** Clauses as Pocket TTS wants them (github.com/kyutai-labs/pocket-tts, pocket_tts/models/tts_model.py). Pure. */

/** A clause, and how many frames follow after the model has said that it ends. */
export interface PocketText {
  text: string;
  framesAfterEnd: number;
}

/** Fewer words than this are few. */
const FEW_WORDS = 5;
/** With few tokens the model is unsure; spaces in front give it more. */
const LEADING_SPACES = ' '.repeat(8);

/** @param clause with something in it that can be spoken. */
export function pocketText(clause: string): PocketText {
  const text = clause.replace(/\s+/g, ' ').trim();
  const upper = text.slice(0, 1).toUpperCase() + text.slice(1);
  const ended = /[\p{L}\p{N}]$/u.test(upper) ? `${upper}.` : upper;
  const isShort = text.split(' ').length < FEW_WORDS;
  return { text: isShort ? LEADING_SPACES + ended : ended, framesAfterEnd: isShort ? 5 : 3 };
}
