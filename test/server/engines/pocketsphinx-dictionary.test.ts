import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { audibleWords } from '../../../server/engines/pocketsphinx-dictionary.js';

let folder: string;
let dictionary: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-dictionary-'));
  dictionary = join(folder, 'words.dict');
  writeFileSync(dictionary, 'read R EH D\nread(2) R IY D\nrare R EH R\nred R EH D\n');
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function model(content: Buffer): string {
  const path = join(folder, 'model.lm.bin');
  writeFileSync(path, content);
  return path;
}

function trie(words: readonly string[]): Buffer {
  const bytes = Buffer.from(words.map((word) => `${word}\0`).join(''));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([Buffer.from('Trie Language Model'), Buffer.alloc(100, 7), length, bytes]);
}

test('keeps the words that the model knows, with all of their pronunciations', () => {
  const path = model(trie(['</s>', 'read', 'red']));
  expect(audibleWords(dictionary, path)).toBe('read R EH D\nread(2) R IY D\nred R EH D\n');
});

test('leaves the dictionary alone when the words of a model cannot be read', () => {
  expect(audibleWords(dictionary, model(Buffer.from('\\data\\\nngram 1=3\n')))).toBeUndefined();
  expect(audibleWords(dictionary, model(trie(['no', 'sentence', 'ends'])))).toBeUndefined();
  expect(audibleWords(dictionary, model(trie(['</s>', 'unheard'])))).toBeUndefined();
});
