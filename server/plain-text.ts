/** Words from outside, be it a caller, a token or a model: text to be read, with nothing in it that acts. */

/**
 * Without control characters (tab and line break become spaces, unless they are wanted), marks that turn the direction of
 * writing, and other invisible ones. Joiners stay: scripts and emoji need them.
 * @param keepLines leaves line breaks.
 */
export function plainText(text: string, keepLines = false): string {
  return text
    .replace(keepLines ? /[\t\v\f\r]/gu : /[\t\n\v\f\r\u2028\u2029]/gu, ' ')
    .replace(
      keepLines ? /(?![\n\u200c\u200d])[\p{Cc}\p{Cf}\p{Co}]/gu : /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Co}]/gu,
      '',
    );
}
