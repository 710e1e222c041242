/** Compares what was heard with what was said, word by word. */

/** Lower case, without punctuation. */
export function toWords(text: string): string[] {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9' ]/g, ' ')
    .split(' ')
    .filter(Boolean);
}

/** The fewest words to be changed, added and left out to make one of the other. */
export function wordErrors(said: string, heard: string): { errors: number; words: number } {
  const reference = toWords(said);
  const hypothesis = toWords(heard);
  let row = Array.from({ length: hypothesis.length + 1 }, (_, index) => index);
  for (const [index, word] of reference.entries()) {
    const next = [index + 1];
    for (const [column, other] of hypothesis.entries()) {
      const changed = (row[column] ?? 0) + (word === other ? 0 : 1);
      next.push(Math.min(changed, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return { errors: row.at(-1) ?? 0, words: reference.length };
}
