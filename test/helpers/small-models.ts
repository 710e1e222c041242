/** The small models of test/data/models, and the language of tones that those that recognise understand. */
import { join } from 'node:path';

import { HEARING_RATE_HZ } from '../../server/engines/engine-types.js';
import type { Sentence } from '../contract/speech-recognizer.contract.js';

/** Path of a file of a small model. */
export function smallModel(...names: string[]): string {
  return join(import.meta.dirname, '../data/models', ...names);
}

/** The tone of every piece of a word, as in test/data/models/make/language.py, Hz. */
const TONES: Readonly<Record<string, number>> = {
  ' What': 400,
  ' is': 800,
  ' the': 1200,
  ' time': 1600,
  ' now': 2000,
  '?': 2400,
  ' Sl': 2800,
  owly: 3400,
  ' he': 4000,
  ' went': 4600,
  ' home': 5400,
  '.': 6400,
};
const AMPLITUDE = 0.3 * 32_767;
const TONE_SAMPLES = 0.2 * HEARING_RATE_HZ;
const GAP_SAMPLES = 0.06 * HEARING_RATE_HZ;

/** What sounds like these pieces of words. */
export function tones(pieces: readonly string[]): Sentence {
  const samples = new Int16Array(GAP_SAMPLES + pieces.length * (TONE_SAMPLES + GAP_SAMPLES));
  for (const [place, piece] of pieces.entries()) {
    const from = GAP_SAMPLES + place * (TONE_SAMPLES + GAP_SAMPLES);
    const step = (2 * Math.PI * (TONES[piece] ?? NaN)) / HEARING_RATE_HZ;
    for (let i = 0; i < TONE_SAMPLES; i++) samples[from + i] = Math.round(AMPLITUDE * Math.sin(step * i));
  }
  return { words: pieces.join('').trim(), speech: samples };
}

/** Two sentences with words in common. */
export function toneSentences(): readonly [Sentence, Sentence] {
  return [
    tones([' What', ' is', ' the', ' time', ' now', '?']),
    tones([' Sl', 'owly', ' he', ' went', ' the', ' time', ' home', '.']),
  ];
}
