import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DownloadError } from '../../../server/models/download-error.js';
import { extractFile } from '../../../server/models/zip-file.js';
import { randomBytes } from '../../helpers/random-bytes.js';
import { zip } from '../../helpers/zip-writer.js';

const content = randomBytes(3000, 1);
/** The first is deflated, the second stored. */
const files = { 'lib/deflated.so': Buffer.concat([content, content]), 'lib/stored.so': content };
const names = Object.keys(files) as (keyof typeof files)[];
/** Places of the directory's fields, from where its second entry's name stands. */
const beforeName = { method: -36, size: -22 };

describe('a file in a ZIP archive', () => {
  let folder: string;
  let target: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'parley-zip-'));
    target = join(folder, 'target');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  async function extract(archive: Buffer, name: string): Promise<Buffer> {
    const path = join(folder, 'archive');
    writeFileSync(path, archive);
    await extractFile(path, name, target);
    return readFileSync(target);
  }

  /** The archive with another number in the directory's entry of the stored file. */
  function changed(field: keyof typeof beforeName, value: number): Buffer {
    const archive = zip(files);
    archive.writeUInt16LE(value, archive.lastIndexOf('lib/stored.so') + beforeName[field]);
    return archive;
  }

  it('is written as it was, deflated or not', async () => {
    for (const name of names) expect((await extract(zip(files), name)).equals(files[name])).toBe(true);
    expect(readdirSync(folder).sort()).toEqual(['archive', 'target']);
  });

  it('is refused when it is not as long as the archive says, or packed in another way', async () => {
    await expect(extract(changed('size', 2999), 'lib/stored.so')).rejects.toThrow('damaged one: ');
    await expect(extract(changed('method', 14), 'lib/stored.so')).rejects.toThrow('not known (14)');
    expect(readdirSync(folder)).toEqual(['archive']);
  });

  it('is refused when a path in the archive leads out of it', async () => {
    const archive = zip({ '../lib/outside.so': content, 'lib/inside.so': content });
    await expect(extract(archive, '../lib/outside.so')).rejects.toThrow('damaged one: ');
    expect(readdirSync(folder)).toEqual(['archive']);
  });

  it('is whole or an error wherever the archive was cut or changed', async () => {
    const archive = zip(files);
    for (let at = 0; at < archive.length; at += 61) {
      await expect(extract(archive.subarray(0, at), 'lib/stored.so')).rejects.toThrow(DownloadError);
      const bent = Buffer.from(archive);
      bent.writeUInt8((archive.at(at) ?? 0) ^ 0x10, at);
      for (const name of names) {
        const got = await extract(bent, name).catch((error: unknown) => error);
        expect(got instanceof DownloadError || (got as Buffer).equals(files[name])).toBe(true);
        rmSync(target, { force: true });
      }
      expect(readdirSync(folder)).toEqual(['archive']);
    }
  });
});
