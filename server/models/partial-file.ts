/** A file that is being fetched: it grows under another name, is hashed as it grows, and gets its own name when it is whole. */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { storageError } from './storage-error.js';

const ending = '.part';

/** Where the beginning of a file waits for its rest. What it is a part of is in the name: other bytes have another one. */
export function partPath(path: string, identity: string): string {
  return join(dirname(path), `.${basename(path)}.${identity.slice(0, 16)}${ending}`);
}

/** Bytes of a file, 0 when there is none. */
export async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}

/** SHA-256 of a file, hexadecimal. */
export async function sha256Of(path: string, signal: AbortSignal): Promise<string> {
  return (await hashOf(path, signal)).digest('hex');
}

async function hashOf(path: string, signal: AbortSignal): Promise<Hash> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, signal }))
    hash.update(chunk as Buffer);
  return hash;
}

export class PartialFile {
  #hash: Hash;
  #size: number;
  readonly #path: string;
  readonly #handle: FileHandle;

  private constructor(path: string, handle: FileHandle, hash: Hash, size: number) {
    this.#path = path;
    this.#handle = handle;
    this.#hash = hash;
    this.#size = size;
  }

  /** Opens what is there, or begins. */
  static async open(path: string, signal: AbortSignal): Promise<PartialFile> {
    await mkdir(dirname(path), { recursive: true });
    const handle = await open(path, 'a');
    try {
      const { size } = await handle.stat();
      const hash = size === 0 ? createHash('sha256') : await hashOf(path, signal);
      return new PartialFile(path, handle, hash, size);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  get size(): number {
    return this.#size;
  }

  get sha256(): string {
    return this.#hash.copy().digest('hex');
  }

  /** @throws StorageError, which whoever reads from a connection can tell from that being cut. */
  async append(chunk: Uint8Array): Promise<void> {
    try {
      for (let written = 0; written < chunk.length;) {
        const { bytesWritten } = await this.#handle.write(chunk, written);
        written += bytesWritten;
      }
    } catch (error) {
      throw storageError(error, this.#path);
    }
    this.#hash.update(chunk);
    this.#size += chunk.length;
  }

  /** Throws away what is there. */
  async restart(): Promise<void> {
    await this.#handle.truncate(0);
    this.#hash = createHash('sha256');
    this.#size = 0;
  }

  /** Puts the file where it belongs in one step, after its bytes are on the disk. */
  async complete(target: string): Promise<void> {
    await this.#handle.sync();
    await rename(this.#path, target);
    await syncFolder(dirname(target));
    await removeParts(target);
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

/** Removes what is left of attempts to fetch a file. */
export async function removeParts(path: string): Promise<void> {
  const folder = dirname(path);
  for (const name of await readdir(folder))
    if (name.startsWith(`.${basename(path)}.`) && name.endsWith(ending)) await rm(join(folder, name));
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
