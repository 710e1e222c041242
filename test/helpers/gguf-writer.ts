/** Writes GGUF files (version 3) with random weights, to measure and test with the shape of real models. */
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { randomBytes } from './random-bytes.js';

/** Metadata of a GGUF file; arrays are of strings, or of 32-bit integers. */
export type GgufValue =
  string | boolean | { u32: number } | { f32: number } | readonly string[] | { i32: readonly number[] };

/** How weights are stored: their number in ggml, and bytes of a block of weights. */
const types = {
  f32: { id: 0, weights: 1, bytes: 4 },
  q8_0: { id: 8, weights: 32, bytes: 34 },
  q4_k: { id: 12, weights: 256, bytes: 144 },
  q6_k: { id: 14, weights: 256, bytes: 210 },
} as const;

export interface GgufTensor {
  name: string;
  /** Fastest first, as ggml counts. */
  shape: readonly number[];
  type: keyof typeof types;
}

const alignment = 32;
/** Weights repeat after so many blocks: random enough, and quickly written. */
const blocksPerPattern = 4096;

export async function writeGguf(
  path: string,
  metadata: Readonly<Record<string, GgufValue>>,
  tensors: readonly GgufTensor[],
): Promise<void> {
  const file = createWriteStream(path);
  const write = async (bytes: Buffer) => {
    if (!file.write(bytes)) await once(file, 'drain');
  };
  const header = headerOf(metadata, tensors);
  await write(Buffer.concat([header, Buffer.alloc(padding(header.length))]));
  const patterns = new Map<string, Buffer>();
  for (const { type, shape } of tensors) {
    const pattern = patterns.get(type) ?? patternOf(type);
    patterns.set(type, pattern);
    const size = sizeOf({ type, shape });
    for (let left = size; left > 0; left -= pattern.length) await write(pattern.subarray(0, left));
    await write(Buffer.alloc(padding(size)));
  }
  file.end();
  await once(file, 'close');
}

function headerOf(metadata: Readonly<Record<string, GgufValue>>, tensors: readonly GgufTensor[]): Buffer {
  const parts = [Buffer.from('GGUF'), u32(3), u64(tensors.length), u64(Object.keys(metadata).length)];
  for (const [key, value] of Object.entries(metadata)) parts.push(string(key), Buffer.concat(valueOf(value)));
  let offset = 0;
  for (const tensor of tensors) {
    const { name, shape, type } = tensor;
    parts.push(string(name), u32(shape.length), ...shape.map(u64), u32(types[type].id), u64(offset));
    const size = sizeOf(tensor);
    offset += size + padding(size);
  }
  return Buffer.concat(parts);
}

function valueOf(value: GgufValue): Buffer[] {
  if (typeof value === 'string') return [u32(8), string(value)];
  if (typeof value === 'boolean') return [u32(7), Buffer.from([Number(value)])];
  if ('u32' in value) return [u32(4), u32(value.u32)];
  if ('f32' in value) return [u32(6), f32(value.f32)];
  if ('i32' in value)
    return [u32(9), u32(5), u64(value.i32.length), Buffer.from(Int32Array.from(value.i32).buffer)];
  return [u32(9), u32(8), u64(value.length), ...value.map(string)];
}

/** Random blocks whose weights are about as large as those of a trained model, mean zero. */
function patternOf(type: GgufTensor['type']): Buffer {
  const { bytes } = types[type];
  const pattern = randomBytes(bytes * blocksPerPattern, 1);
  for (let block = 0; block < blocksPerPattern; block++) {
    const at = block * bytes;
    // The 16-bit factors of a block stand at its beginning, or at its end.
    if (type === 'f32') pattern.writeFloatLE(1, at);
    else if (type === 'q8_0') half(pattern, at, 0.0003);
    else if (type === 'q6_k') half(pattern, at + 208, 0.00001);
    else {
      half(pattern, at, 0.00014);
      half(pattern, at + 2, 0.00105);
    }
  }
  return pattern;
}

/** A positive number as a 16-bit float (IEEE 754), rounded down. */
function half(buffer: Buffer, at: number, value: number): void {
  const exponent = Math.floor(Math.log2(value));
  const bits =
    exponent < -14
      ? Math.floor(value * 2 ** 24)
      : ((exponent + 15) << 10) | Math.floor((value / 2 ** exponent - 1) * 1024);
  buffer.writeUInt16LE(bits, at);
}

function sizeOf({ type, shape }: Pick<GgufTensor, 'type' | 'shape'>): number {
  const { weights, bytes } = types[type];
  return (shape.reduce((product, length) => product * length, 1) / weights) * bytes;
}

function padding(length: number): number {
  return (alignment - (length % alignment)) % alignment;
}

function u32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value);
  return buffer;
}

function u64(value: number): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(BigInt(value));
  return buffer;
}

function f32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeFloatLE(value);
  return buffer;
}

function string(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([u64(bytes.length), bytes]);
}
