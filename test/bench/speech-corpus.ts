/** Speech whose words are known: everyday sentences in the synthesiser's voices, and clips of people where there are any. */
import { existsSync, readFileSync } from 'node:fs';

import { HEARING_RATE_HZ, Priority, type SpeechSynthesizer } from '../../server/engines/engine-types.js';

/** What one caller says, one utterance after the other. */
export interface Speaker {
  name: string;
  utterances: { said: string; speech: Int16Array }[];
}

/** Before and after the words: what a speech gate lets through around them, ms. */
const LEAD_MS = 200;
const TAIL_MS = 300;
/** Loudness of a quiet room, of 32 768. */
const ROOM_NOISE = 8;
/** A pause of a speaker that ends an utterance, ms. */
const PAUSE_MS = 400;
/** Sound so far below the loudest tenth of a second is a pause, dB. */
const PAUSE_DEPTH_DB = 25;
/** Shorter sounds are clicks, ms. */
const SHORTEST_MS = 200;

/** Everyday sentences, one per line. */
export function everydaySentences(count: number): string[] {
  const lines = readFileSync(new URL('everyday-sentences.txt', import.meta.url), 'utf8')
    .trim()
    .split('\n');
  return lines.filter((_, index) => index % Math.ceil(lines.length / count) === 0);
}

export async function synthesized(
  synthesizer: SpeechSynthesizer,
  voice: string,
  sentences: readonly string[],
): Promise<Speaker> {
  const utterances: Speaker['utterances'] = [];
  const request = { voice, priority: Priority.waiting };
  for (const said of sentences) {
    const parts: Int16Array[] = [];
    for await (const chunk of synthesizer.synthesize(
      { ...request, text: said },
      new AbortController().signal,
    )) {
      parts.push(chunk.samples);
    }
    utterances.push({ said, speech: inRoom(parts) });
  }
  return { name: voice, utterances };
}

/** The clips of `clips.json` that lie in a folder, split where the speaker pauses; the words stand at the last part. */
export function clips(folder: string): Speaker[] {
  const list = JSON.parse(readFileSync(new URL('clips.json', import.meta.url), 'utf8')) as Record<
    string,
    string
  >;
  return Object.entries(list).flatMap(([file, said]) => {
    const path = `${folder}/${file}`;
    if (!existsSync(path)) return [];
    const parts = splitAtPauses(readWav(path));
    return [
      {
        name: file,
        utterances: parts.map((speech, index) => ({ said: index === parts.length - 1 ? said : '', speech })),
      },
    ];
  });
}

function inRoom(parts: readonly Int16Array[]): Int16Array {
  const perMs = HEARING_RATE_HZ / 1000;
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const whole = new Int16Array(length + (LEAD_MS + TAIL_MS) * perMs);
  let at = LEAD_MS * perMs;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  let noise = 1;
  return whole.map((sample) => {
    noise = (Math.imul(noise, 1_103_515_245) + 12_345) & 0x7fffffff;
    return sample + (noise % (2 * ROOM_NOISE + 1)) - ROOM_NOISE;
  });
}

/** Mono, 16 bit, 16 kHz. */
function readWav(path: string): Int16Array {
  const file = readFileSync(path);
  const data = file.indexOf('data') + 8;
  if (file.readUInt32LE(24) !== HEARING_RATE_HZ) throw new Error(`${path} is not at ${HEARING_RATE_HZ} Hz.`);
  return new Int16Array(file.buffer.slice(file.byteOffset + data, file.byteOffset + (file.length & ~1)));
}

function splitAtPauses(samples: Int16Array): Int16Array[] {
  const frame = HEARING_RATE_HZ / 100;
  const levels = Array.from({ length: Math.floor(samples.length / frame) }, (_, index) => {
    const part = samples.subarray(index * frame, (index + 1) * frame);
    return 10 * Math.log10(1 + part.reduce((sum, sample) => sum + sample * sample, 0) / frame);
  });
  const loud = ([...levels].sort((a, b) => b - a)[Math.floor(levels.length / 20)] ?? 0) - PAUSE_DEPTH_DB;
  const parts: Int16Array[] = [];
  let first = -1;
  let last = -1;
  const cut = (): void => {
    if (first >= 0 && last - first >= SHORTEST_MS / 10)
      parts.push(samples.slice(Math.max(0, first - LEAD_MS / 10) * frame, (last + TAIL_MS / 10) * frame));
    first = -1;
  };
  for (const [index, level] of levels.entries()) {
    if (level > loud) {
      if (first < 0) first = index;
      last = index;
    } else if (index - last > PAUSE_MS / 10) cut();
  }
  cut();
  return parts;
}
