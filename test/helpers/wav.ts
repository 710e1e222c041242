/** Sound in the tests: mono signed 16-bit PCM, WAV files, and the two sample rates of a browser call. */
import { writeFileSync } from 'node:fs';

/** Writes a mono WAV file. */
export function writeWav(path: string, samples: Int16Array, rateHz: number): void {
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + samples.byteLength, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(rateHz, 24);
  header.writeUInt32LE(rateHz * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(samples.byteLength, 40);
  writeFileSync(path, Buffer.concat([header, bytesOf(samples)]));
}

export function bytesOf(samples: Int16Array): Buffer {
  return Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
}

export function samplesOf(bytes: Buffer): Int16Array {
  return new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

export function silence(seconds: number, rateHz: number): Int16Array {
  return new Int16Array(Math.round(seconds * rateHz));
}

export function join(...parts: Int16Array[]): Int16Array {
  const joined = new Int16Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** 16 kHz as 48 kHz. */
export function upsample(samples: Int16Array): Int16Array {
  const spread = new Float32Array(samples.length * FACTOR);
  samples.forEach((sample, index) => (spread[index * FACTOR] = sample * FACTOR));
  return filtered(spread, 1);
}

/** 48 kHz as 16 kHz. */
export function downsample(samples: Int16Array): Int16Array {
  return filtered(Float32Array.from(samples), FACTOR);
}

/** The sound with every silence of more than `keptMs` cut to that. */
export function withoutPauses(samples: Int16Array, rateHz: number, keptMs = 400): Int16Array {
  const step = Math.round(rateHz / 100);
  const around = Math.round((rateHz * keptMs) / 2000);
  const parts: Int16Array[] = [];
  let keptTo = 0;
  for (let at = 0; at < samples.length; at += step) {
    if (!samples.subarray(at, at + step).some((sample) => Math.abs(sample) > QUIET)) continue;
    const end = Math.min(samples.length, at + step + around);
    parts.push(samples.subarray(Math.max(keptTo, at - around), end));
    keptTo = end;
  }
  return join(...parts);
}

/** The loudest sample of a codec's idea of silence. */
const QUIET = 60;
const FACTOR = 3;

/** A low pass at 7.5 of 24 kHz: a windowed sinc. */
const TAPS = (() => {
  const half = 32;
  const cutoff = 7.5 / 48;
  return Float32Array.from({ length: 2 * half + 1 }, (_, index) => {
    const x = index - half;
    const sinc = x === 0 ? 2 * cutoff : Math.sin(2 * Math.PI * cutoff * x) / (Math.PI * x);
    return sinc * (0.5 + 0.5 * Math.cos((Math.PI * x) / (half + 1)));
  });
})();

/** Every `step`-th sample of the filtered sound. */
function filtered(input: Float32Array, step: number): Int16Array {
  const output = new Int16Array(Math.floor(input.length / step));
  const half = (TAPS.length - 1) / 2;
  for (let index = 0; index < output.length; index++) {
    let sum = 0;
    for (let tap = 0; tap < TAPS.length; tap++)
      sum += (TAPS[tap] ?? 0) * (input[index * step + tap - half] ?? 0);
    output[index] = Math.max(-32768, Math.min(32767, Math.round(sum)));
  }
  return output;
}
