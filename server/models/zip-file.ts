/** Takes single files out of a ZIP archive (PKWARE APPNOTE 6.3), without holding them in memory. */
import { createReadStream } from 'node:fs';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32, createInflateRaw } from 'node:zlib';
import { DownloadError } from './download-error.js';

const endSignature = 0x06054b50;
const entrySignature = 0x02014b50;
const endLength = 22;
const longestComment = 65_535;
const localHeaderLength = 30;
/** Larger values stand in a record of their own (ZIP64), which no archive here needs. */
const zip64 = 0xffffffff;

interface ZipEntry {
  name: string;
  /** 0: as it is, 8: deflated. */
  method: number;
  crc: number;
  packed: number;
  size: number;
  /** Of its local header. */
  at: number;
}

/**
 * Writes one file of the archive to `target`, which appears when it is whole and its CRC is right.
 * @throws DownloadError when the archive is damaged or has no such file.
 */
export async function extractFile(archive: string, name: string, target: string): Promise<void> {
  const handle = await open(archive, 'r');
  let entry: ZipEntry;
  let start: number;
  try {
    const found = (await entriesOf(handle, archive)).find((one) => one.name === name);
    if (found === undefined) throw new DownloadError(`${archive} holds no ${name}.`);
    if (found.method !== 0 && found.method !== 8)
      throw new DownloadError(`${archive} has packed ${name} in a way that is not known (${found.method}).`);
    entry = found;
    const local = await read(handle, entry.at, localHeaderLength, archive);
    start = entry.at + localHeaderLength + local.readUInt16LE(26) + local.readUInt16LE(28);
  } finally {
    await handle.close();
  }
  const partial = `${target}.new`;
  let crc = 0;
  let size = 0;
  const check = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      crc = crc32(chunk, crc);
      size += chunk.length;
      done(undefined, chunk);
    },
  });
  const packed = createReadStream(archive, { start, end: start + entry.packed - 1 });
  const output = await open(partial, 'w');
  try {
    const sink = output.createWriteStream({ flush: true });
    if (entry.method === 8) await pipeline(packed, createInflateRaw(), check, sink);
    else await pipeline(packed, check, sink);
    if (crc !== entry.crc || size !== entry.size) throw damaged(archive);
    await rename(partial, target);
  } catch (error) {
    await rm(partial, { force: true });
    throw error instanceof DownloadError ? error : damaged(archive, error);
  } finally {
    await output.close();
  }
}

async function entriesOf(handle: FileHandle, archive: string): Promise<ZipEntry[]> {
  const { size } = await handle.stat();
  const tail = Math.min(size, endLength + longestComment);
  const end = await read(handle, size - tail, tail, archive);
  let at = end.length - endLength;
  while (at >= 0 && end.readUInt32LE(at) !== endSignature) at--;
  if (at < 0) throw damaged(archive);
  const count = end.readUInt16LE(at + 10);
  const length = end.readUInt32LE(at + 12);
  const from = end.readUInt32LE(at + 16);
  if (from === zip64) throw new DownloadError(`${archive} is larger than a plain ZIP archive may be.`);
  const directory = await read(handle, from, length, archive);
  const entries: ZipEntry[] = [];
  let place = 0;
  for (let index = 0; index < count; index++) {
    if (place + 46 > length || directory.readUInt32LE(place) !== entrySignature) throw damaged(archive);
    const nameEnd = place + 46 + directory.readUInt16LE(place + 28);
    entries.push({
      name: directory.toString('utf8', place + 46, nameEnd),
      method: directory.readUInt16LE(place + 10),
      crc: directory.readUInt32LE(place + 16),
      packed: directory.readUInt32LE(place + 20),
      size: directory.readUInt32LE(place + 24),
      at: directory.readUInt32LE(place + 42),
    });
    place = nameEnd + directory.readUInt16LE(place + 30) + directory.readUInt16LE(place + 32);
  }
  return entries;
}

async function read(handle: FileHandle, from: number, length: number, archive: string): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await handle.read(buffer, 0, length, from);
  if (bytesRead < length) throw damaged(archive);
  return buffer;
}

function damaged(archive: string, cause?: unknown): DownloadError {
  return new DownloadError(`${archive} is no ZIP archive, or a damaged one.`, undefined, { cause });
}
