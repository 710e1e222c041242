/** Turns what a model writes into what can be said: numbers, dates, units, addresses, markdown, emoji. */
import { spokenRules } from './spoken-rules.js';

/** A stretch of text, as written and as said. */
export interface SpeakablePart {
  /** One or more words of the text. */
  written: string;
  /** Words separated by single spaces; empty when there is nothing to be said. */
  spoken: string;
}

export interface SpeakableText {
  /** The text as the model wrote it, white space made even. */
  written: string;
  /** What the synthesizer gets: the parts' spoken words in order, separated by single spaces. */
  spoken: string;
  /** Both side by side, so that the place in one can be found from the place in the other. */
  parts: readonly SpeakablePart[];
}

/** Punctuation and markup in front of a word. */
const opening = /^["'“”‘’([{*_`~#>|]+(?=\S)/;
/** Punctuation and markup behind one. */
const closing = String.raw`["'“”‘’)\]}*_${'`'}~|.,!?;:…]*(?=\s|$)`;
/** What of it changes how a sentence sounds. */
const soundingPunctuation = /[.,!?;:]/g;

const compiled = spokenRules.map(({ pattern, say }) => ({
  pattern: new RegExp(`(?:${pattern.source})(?=${closing})`, uniqueFlags(`${pattern.flags}yu`)),
  say,
}));

const link = /!?\[([^\]]*)\]\([^)\s]*\)/y;

/** What to say for `text`, a clause or a sentence. */
export function speakable(text: string): SpeakableText {
  const written = text.replace(/\s+/g, ' ').trim();
  const parts: SpeakablePart[] = [];
  let before = '';
  let at = 0;
  while (at < written.length) {
    const { end, spoken } = readPart(written, at, before);
    const part = { written: written.slice(at, end), spoken };
    parts.push(part);
    before = part.written.toLowerCase().split(' ').at(-1) ?? '';
    at = end + 1;
  }
  return {
    written,
    spoken: parts
      .map((part) => part.spoken)
      .filter(Boolean)
      .join(' '),
    parts,
  };
}

/** Reads one part that begins at a word. */
function readPart(text: string, start: number, before: string): { end: number; spoken: string } {
  link.lastIndex = start;
  const linked = link.exec(text);
  if (linked !== null) {
    const linkEnd = start + linked[0].length;
    const end = wordEnd(text, linkEnd);
    return { end, spoken: withPunctuation(speakable(linked[1] ?? '').spoken, text.slice(linkEnd, end)) };
  }
  const from = start + (opening.exec(text.slice(start, wordEnd(text, start)))?.[0].length ?? 0);
  for (const at of new Set([start, from]))
    for (const { pattern, say } of compiled) {
      pattern.lastIndex = at;
      const match = pattern.exec(text);
      if (match === null) continue;
      const matchEnd = at + match[0].length;
      const end = wordEnd(text, matchEnd);
      // The full stop of an abbreviation that ends the text is the sentence's too.
      const stop = end === text.length && matchEnd === end && match[0].endsWith('.') ? '.' : '';
      return {
        end,
        spoken: withPunctuation(tidy(say([...match], before)), text.slice(matchEnd, end) + stop),
      };
    }
  const end = wordEnd(text, start);
  return { end, spoken: sayWord(text.slice(from, end)) };
}

/** A word that no rule knows. */
function sayWord(word: string): string {
  const plain = word
    .replace(/[\p{Extended_Pictographic}\p{Regional_Indicator}\p{Emoji_Modifier}\u200D\uFE0F\u20E3]/gu, '')
    .replace(/[‘’]/g, "'")
    .replace(/[—–]+/g, ', ')
    .replace(/…/g, '...')
    .replace(/[“”"()[\]{}*_`~#|<>^\\=]+/g, ' ')
    .replace(/(?<=\p{L})\/(?=\p{L})/gu, ' ')
    .replace(/&/g, ' and ')
    .replace(/(?<=\d)(?=\p{L})|(?<=\p{L})-?(?=\d)/gu, ' ');
  const said = tidy(plain)
    .split(' ')
    .map((piece) => {
      const digits = /^(\d+)([.,!?;:]*)$/.exec(piece);
      return digits === null ? piece : (speakable(digits[1] ?? '').spoken || '') + (digits[2] ?? '');
    })
    .join(' ');
  return /[\p{L}\p{N}]/u.test(said) ? said.replace(/^[^\p{L}\p{N}]+/u, '') : '';
}

/** Adds what stands behind a word as far as it can be heard. */
function withPunctuation(spoken: string, behind: string): string {
  if (spoken === '') return '';
  return spoken + (behind.match(soundingPunctuation)?.join('') ?? '');
}

function wordEnd(text: string, from: number): number {
  const space = text.indexOf(' ', from);
  return space < 0 ? text.length : space;
}

function tidy(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/ (?=[.,!?;:]+(?: |$))/g, '')
    .trim();
}

function uniqueFlags(flags: string): string {
  return [...new Set(flags)].join('');
}
