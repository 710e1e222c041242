/**
 * The part of a pronouncing dictionary that can be heard. PocketSphinx searches for the words of its language model only,
 * but keeps room for every word of the dictionary in each decoder: a fifth of its memory for nothing.
 */
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';

/** How `sphinxbase` begins a language model in its binary form (ngram_model_trie.c). */
const TRIE_HEADER = 'Trie Language Model';
const LENGTH_BYTES = 4;
/** More than the words of any model that the decoder could use take. */
const MOST_WORDS_BYTES = 1 << 22;
/** Second and further pronunciations of a word: `read(2)`. */
const VARIANT = /\(\d+\)$/;

/**
 * @param dictionary path: a word and its sounds in every line.
 * @param languageModel path.
 * @returns the lines whose words the model knows; `undefined` when it is not in the binary form of which the words can be read.
 */
export function audibleWords(dictionary: string, languageModel: string): string | undefined {
  const known = wordsOf(languageModel);
  if (known === undefined) return undefined;
  const lines = readFileSync(dictionary, 'utf8').split('\n');
  const audible = lines.filter((line) => known.has((line.split(/\s/, 1)[0] ?? '').replace(VARIANT, '')));
  return audible.length === 0 ? undefined : `${audible.join('\n')}\n`;
}

/** The file ends with the words, each with a NUL behind it, and before them their bytes altogether, 32 bits. */
function wordsOf(languageModel: string): Set<string> | undefined {
  const file = openSync(languageModel, 'r');
  try {
    const { size } = fstatSync(file);
    const header = Buffer.alloc(TRIE_HEADER.length);
    readSync(file, header, 0, header.length, 0);
    if (header.toString('latin1') !== TRIE_HEADER) return undefined;
    const end = Buffer.alloc(Math.min(size, MOST_WORDS_BYTES));
    readSync(file, end, 0, end.length, size - end.length);
    for (let at = end.length - LENGTH_BYTES; at >= 0; at--) {
      const length = end.length - at - LENGTH_BYTES;
      if (length === 0 || end.readUInt32LE(at) !== length) continue;
      const words = end.toString('utf8', at + LENGTH_BYTES, end.length - 1).split('\0');
      return words.includes('</s>') ? new Set(words) : undefined;
    }
    return undefined;
  } finally {
    closeSync(file);
  }
}
