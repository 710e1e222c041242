/**
 * Makes speech that arrives in pieces fit for joining to others: silence trimmed, words placed, loudness even. Each piece
 * is handed on at once but for a short end, which may turn out to be the last. Pure.
 */
import type { SpeechChunk, SpokenWord } from './engine-types.js';

/** What is known of a voice, and learnt from each of its clauses. */
export interface KnownVoice {
  gain: number;
  samplesPerLetter: number;
}

/** Softer than any speech, of 32 768. */
const silence = 330;
const keepBeforeMs = 20;
const keepAfterMs = 50;
const fadeMs = 5;
/** Held back: the rest of the words lies in it when the speech turns out to be over. */
const heldMs = 120;
const secondsPerLetter = 0.075;

/** Mean level of the speech itself, dB below full scale; as in clauses that are shaped as a whole. */
const targetLevelDb = -21;
const mostGainDb = 12;
const peakLimit = 0.89 * 32_768;

export function unknownVoice(sampleRateHz: number): KnownVoice {
  return { gain: 1, samplesPerLetter: secondsPerLetter * sampleRateHz };
}

export class StreamedSpeech {
  readonly #words: { text: string; letters: number }[];
  readonly #perMs: number;
  readonly #voice: KnownVoice;
  /** Samples that have come and are not handed on; what comes before the first sound is not kept. */
  #held: Int16Array = new Int16Array(0);
  #began = false;
  #handedOn = 0;
  /** Words placed, and letters of them. */
  #placed = 0;
  #letters = 0;
  #power = { sum: 0, samples: 0, peak: 1 };

  /** @param voice is brought up to date when the speech ends. */
  constructor(text: string, sampleRateHz: number, voice: KnownVoice) {
    this.#words = text
      .split(/\s+/)
      .filter(Boolean)
      .map((word) => ({ text: word, letters: word.length + 1 }));
    this.#perMs = sampleRateHz / 1000;
    this.#voice = voice;
  }

  /** Takes the next samples; what can be played of all that came, if anything. */
  push(samples: Int16Array): SpeechChunk | undefined {
    this.#held = joined(this.#held, samples);
    if (!this.#began) this.#trimBeginning();
    if (!this.#began) return undefined;
    const loud = this.#held.findLastIndex((sample) => Math.abs(sample) > silence) + 1;
    const ready = Math.min(loud, this.#held.length - heldMs * this.#perMs);
    if (ready < 1) return undefined;
    return this.#handOn(Math.floor(ready), false);
  }

  /** No more comes: the rest, if there is any. */
  end(): SpeechChunk | undefined {
    if (!this.#began) return undefined;
    const loud = this.#held.findLastIndex((sample) => Math.abs(sample) > silence) + 1;
    const length = Math.min(this.#held.length, loud + keepAfterMs * this.#perMs);
    const chunk = length > 0 ? this.#handOn(Math.floor(length), true) : undefined;
    this.#learn();
    return chunk;
  }

  #trimBeginning(): void {
    const first = this.#held.findIndex((sample) => Math.abs(sample) > silence);
    const keep = Math.floor(keepBeforeMs * this.#perMs);
    this.#began = first >= 0;
    this.#held = this.#held.slice(Math.max(0, (first < 0 ? this.#held.length : first) - keep));
  }

  #handOn(length: number, last: boolean): SpeechChunk {
    const samples = this.#held.slice(0, length);
    this.#held = this.#held.slice(length);
    this.#measure(samples);
    for (const [index, sample] of samples.entries())
      samples[index] = Math.max(-peakLimit, Math.min(peakLimit, Math.round(sample * this.#voice.gain)));
    const fade = Math.min(samples.length, Math.floor(fadeMs * this.#perMs));
    for (let index = 0; index < fade; index++) {
      if (this.#handedOn === 0) samples[index] = ((samples[index] ?? 0) * index) / fade;
      const end = samples.length - 1 - index;
      if (last) samples[end] = ((samples[end] ?? 0) * index) / fade;
    }
    const words = last ? this.#placeRest(samples.length) : this.#place(samples.length);
    this.#handedOn += samples.length;
    return { samples, words };
  }

  /** The words that probably begin in the next samples. */
  #place(length: number): SpokenWord[] {
    const words: SpokenWord[] = [];
    const until = this.#handedOn + length;
    for (let word = this.#words[this.#placed]; word !== undefined; word = this.#words[this.#placed]) {
      const start = Math.round(this.#letters * this.#voice.samplesPerLetter);
      // The last word waits for the end: nobody knows when that is.
      if (start >= until || this.#placed === this.#words.length - 1) break;
      this.#letters += word.letters;
      const end = Math.round(this.#letters * this.#voice.samplesPerLetter);
      words.push({ text: word.text, startSample: start, endSample: Math.min(end, until) });
      this.#placed++;
    }
    return words;
  }

  /** All other words, by their lengths, in what is left. */
  #placeRest(length: number): SpokenWord[] {
    const rest = this.#words.slice(this.#placed);
    const letters = rest.reduce((sum, word) => sum + word.letters, 0);
    const expected = Math.round(this.#letters * this.#voice.samplesPerLetter);
    const end = this.#handedOn + length;
    const start = Math.max(this.#handedOn, Math.min(expected, end - rest.length));
    let before = 0;
    const place = () => Math.round(start + ((end - start) * before) / Math.max(1, letters));
    this.#placed = this.#words.length;
    return rest.map((word) => {
      const startSample = place();
      before += word.letters;
      return { text: word.text, startSample, endSample: place() };
    });
  }

  #measure(samples: Int16Array): void {
    for (const sample of samples) {
      if (Math.abs(sample) <= silence) continue;
      this.#power.sum += sample * sample;
      this.#power.samples++;
      this.#power.peak = Math.max(this.#power.peak, Math.abs(sample));
    }
  }

  /** The next clause of this voice is brought to the right level, and its words are placed better. */
  #learn(): void {
    const letters = this.#words.reduce((sum, word) => sum + word.letters, 0);
    if (letters > 0) this.#voice.samplesPerLetter = this.#handedOn / letters;
    const { sum, samples, peak } = this.#power;
    if (samples === 0) return;
    const wanted = (32_768 * 10 ** (targetLevelDb / 20)) / Math.sqrt(sum / samples);
    this.#voice.gain = Math.min(wanted, 10 ** (mostGainDb / 20), peakLimit / peak);
  }
}

function joined(one: Int16Array, other: Int16Array): Int16Array {
  const both = new Int16Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}
