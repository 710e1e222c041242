/** An agent's turn that was cut off: what was heard, and what was not. */
import type { TurnUpdate } from '../../server/protocol.js';

export interface HeardText {
  heard: string;
  /** Empty when everything was heard. */
  unheard: string;
}

export function heardText({ text, speaker, heardCharacters }: TurnUpdate): HeardText {
  if (speaker === 'caller' || heardCharacters === undefined) return { heard: text, unheard: '' };
  const cut = Math.min(text.length, Math.max(0, heardCharacters));
  return { heard: text.slice(0, cut), unheard: text.slice(cut) };
}
