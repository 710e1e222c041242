/** What is known of the fetched files of a model: their sums, and the state of the file that they were computed of. */
import { readFileSync } from 'node:fs';
import { mkdir, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';

const schema = z.record(
  z.string(),
  z.object({ size: z.number(), mtimeMs: z.number(), sha256: z.string(), revision: z.string() }),
);
export type FileRecord = z.infer<typeof schema>;

function placeOf(folder: string, id: string): string {
  return join(folder, id, '.files.json');
}

/** Empty when there is none, or none that can be read: then the files are looked at again. */
export function readRecord(folder: string, id: string): FileRecord {
  try {
    const checked = schema.safeParse(JSON.parse(readFileSync(placeOf(folder, id), 'utf8')));
    return checked.success ? checked.data : {};
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}

/** Notes a file whose sum was computed just now. */
export async function record(
  folder: string,
  id: string,
  name: string,
  path: string,
  fetched: { sha256: string; revision: string },
): Promise<void> {
  const { size, mtimeMs } = await stat(path);
  const { sha256, revision } = fetched;
  await change(folder, id, (record) => ({ ...record, [name]: { size, mtimeMs, sha256, revision } }));
}

/** Forgets a file, so that it is looked at again. */
export async function forget(folder: string, id: string, name: string): Promise<void> {
  await change(folder, id, ({ [name]: _, ...others }) => others);
}

let writing: Promise<void> = Promise.resolve();

/** One after the other: each writes what it has read. */
function change(folder: string, id: string, by: (record: FileRecord) => FileRecord): Promise<void> {
  const place = placeOf(folder, id);
  const written = writing.then(async () => {
    await mkdir(dirname(place), { recursive: true });
    await writeFile(`${place}.new`, JSON.stringify(by(readRecord(folder, id)), undefined, 2));
    await rename(`${place}.new`, place);
  });
  // One that fails says so to who wanted it; the next is not kept from trying.
  writing = written.catch(() => undefined);
  return written;
}
