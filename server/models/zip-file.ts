/** Takes single files out of a ZIP archive, without holding them in memory. */
import { open, rename, rm } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32 } from 'node:zlib';
import { openPromise, type Entry, type ZipFile } from 'yauzl';
import { DownloadError } from './download-error.js';

/**
 * Writes one file of the archive to `target`, which appears when it is whole and its CRC is right.
 * @throws DownloadError when the archive is damaged or has no such file.
 */
export async function extractFile(archive: string, name: string, target: string): Promise<void> {
  let zip: ZipFile | undefined;
  try {
    zip = await openPromise(archive, { autoClose: false });
    for await (const entry of zip.eachEntry()) {
      if (entry.fileName !== name) continue;
      if (!entry.canDecodeFileData())
        throw new DownloadError(
          `${archive} has packed ${name} in a way that is not known (${entry.compressionMethod}), or encrypted it.`,
        );
      await write(zip, entry, target);
      return;
    }
  } catch (error) {
    if (error instanceof DownloadError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new DownloadError(`${archive} is no ZIP archive, or a damaged one: ${why}.`, undefined, {
      cause: error,
    });
  } finally {
    zip?.close();
  }
  throw new DownloadError(`${archive} holds no ${name}.`);
}

/** Writes a file whose size yauzl checks; the CRC it leaves to us. */
async function write(zip: ZipFile, entry: Entry, target: string): Promise<void> {
  const partial = `${target}.new`;
  let crc = 0;
  const summing = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      crc = crc32(chunk, crc);
      done(undefined, chunk);
    },
  });
  const output = await open(partial, 'w');
  try {
    const content = await zip.openReadStreamPromise(entry);
    await pipeline(content, summing, output.createWriteStream({ flush: true }));
    if (crc !== entry.crc32) throw new Error('its CRC is wrong');
    await rename(partial, target);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  } finally {
    await output.close();
  }
}
