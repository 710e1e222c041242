/**
 * How many words of an answer came before it fell silent, found from the sound alone: the last of what came is looked
 * for in the answer as the synthesiser speaks it in full.
 */
import { splitClauses } from '../../../server/session/clauses.js';
import { speakable, type SpeakableText } from '../../../server/session/speakable-text.js';
import { join } from '../../helpers/wav.js';
import type { Sounds } from './sounds.js';

/** Stretch of the recording that is looked for, ms. */
export const SOUGHT_MS = 400;
/** Less than this could be anywhere in the answer, ms. */
const LEAST_MS = 200;
/** Every so many-th sample is compared: speech at 4 kHz is still itself. */
const STEP = 4;
/** Less alike than this is something else, correlation 0 to 1. */
const ALIKE = 0.5;

/** An answer in full, and where its words end. */
interface Spoken {
  samples: Int16Array;
  /** For each written word in order, the sample at which half of it has been spoken. */
  middles: number[];
}

/**
 * @param text the answer as written.
 * @param sound up to {@link SOUGHT_MS} before the silence.
 * @returns words of `text` that came, or `undefined` when the sound is not found in it.
 */
export async function wordsThatCame(
  text: string,
  sound: Int16Array,
  voice: string,
  sounds: Sounds,
): Promise<number | undefined> {
  if (sound.length < (LEAST_MS * 16_000) / 1000) return undefined;
  const spoken = await speakInFull(text, voice, sounds);
  const end = endOf(sound, spoken.samples);
  return end === undefined ? undefined : spoken.middles.filter((middle) => middle <= end).length;
}

async function speakInFull(text: string, voice: string, sounds: Sounds): Promise<Spoken> {
  const parts: Int16Array[] = [];
  const middles: number[] = [];
  let start = 0;
  for await (const clause of splitClauses(once(text))) {
    const said = speakable(clause);
    if (said.spoken === '') continue;
    const { samples, words } = await sounds.speak(said.spoken, voice);
    middles.push(...writtenMiddles(said, words).map((middle) => start + middle));
    parts.push(samples);
    start += samples.length;
  }
  return { samples: join(...parts), middles };
}

/** A written word of which several are spoken, such as "15", has its middle where its last one has. */
function writtenMiddles(
  said: SpeakableText,
  words: readonly { startSample: number; endSample: number }[],
): number[] {
  const middles: number[] = [];
  let spokenWords = 0;
  for (const part of said.parts) {
    spokenWords += countWords(part.spoken);
    const last = words[spokenWords - 1];
    const middle = last ? (last.startSample + last.endSample) / 2 : Infinity;
    for (let word = 0; word < countWords(part.written); word++) middles.push(middle);
  }
  return middles;
}

export function countWords(text: string): number {
  return text.split(/\s+/).filter((word) => word !== '').length;
}

/** Where `sought` ends in `whole`, samples. */
function endOf(sought: Int16Array, whole: Int16Array): number | undefined {
  const pattern = thinned(sought);
  const place = thinned(whole);
  const energy = squares(pattern);
  if (energy === 0) return undefined;
  let best = { alike: ALIKE, at: -1 };
  let held = squares(place.subarray(0, pattern.length));
  for (let at = 0; at + pattern.length <= place.length; at++) {
    let product = 0;
    for (let index = 0; index < pattern.length; index++)
      product += (pattern[index] ?? 0) * (place[at + index] ?? 0);
    const alike = product / Math.sqrt(Math.max(1, held) * energy);
    if (alike > best.alike) best = { alike, at };
    held += (place[at + pattern.length] ?? 0) ** 2 - (place[at] ?? 0) ** 2;
  }
  return best.at < 0 ? undefined : (best.at + pattern.length) * STEP;
}

/** Averages of {@link STEP} samples each. */
function thinned(samples: Int16Array): Float32Array {
  const result = new Float32Array(Math.floor(samples.length / STEP));
  for (let at = 0; at < result.length; at++) {
    let sum = 0;
    for (let step = 0; step < STEP; step++) sum += samples[at * STEP + step] ?? 0;
    result[at] = sum / STEP;
  }
  return result;
}

function squares(samples: Float32Array): number {
  return samples.reduce((sum, sample) => sum + sample * sample, 0);
}

async function* once(text: string): AsyncIterable<string> {
  yield text;
}
