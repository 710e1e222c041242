/** Text as Supertonic was taught it (github.com/supertone-inc/supertonic, py/helper.py). Pure. */

/** What it reads in place of signs that it does not know. */
const REPLACEMENTS: readonly (readonly [RegExp, string])[] = [
  [/\p{Extended_Pictographic}|[\u{1f1e6}-\u{1f1ff}\u200d\ufe0f]/gu, ''],
  [/[–‑—]/g, '-'],
  [/[“”]/g, '"'],
  [/[‘’´`]/g, "'"],
  [/[_[\]|/#→←]/g, ' '],
  [/[♥☆♡©\\]/g, ''],
  [/@/g, ' at '],
  [/e\.g\.,/g, 'for example, '],
  [/i\.e\.,/g, 'that is, '],
  [/ (?=[,.!?;:'])/g, ''],
  [/"{2,}/g, '"'],
  [/'{2,}/g, "'"],
  [/\s+/g, ' '],
];
const ENDED = /[.!?;:,'")\]}…。」』】〉》›»]$/;

/**
 * @param language ISO 639-1 code.
 * @returns an empty text when there is nothing to be spoken.
 */
export function supertonicText(text: string, language: string): string {
  let plain = text.normalize('NFKD');
  for (const [pattern, replacement] of REPLACEMENTS) plain = plain.replace(pattern, replacement);
  plain = plain.trim();
  if (!/[\p{L}\p{N}]/u.test(plain)) return '';
  return `<${language}>${plain}${ENDED.test(plain) ? '' : '.'}</${language}>`;
}

/** Numbers of the signs; those that the model does not know are left out. */
export function encode(text: string, indexer: readonly number[]): number[] {
  return [...text].map((sign) => indexer[sign.codePointAt(0) ?? 0] ?? -1).filter((number) => number >= 0);
}
