/** Compares the files of models with what they should be, byte by byte. */
import { existsSync } from 'node:fs';
import type { CatalogueModel } from './catalogue-entry.js';
import { forget, readRecord } from './file-record.js';
import { placeOf } from './model-files.js';
import { sha256Of } from './partial-file.js';

/** What is wrong with a model's files; empty when every one is right. */
export async function faultsOf(
  model: CatalogueModel,
  folder: string,
  signal: AbortSignal,
): Promise<string[]> {
  const faults: string[] = [];
  const known = readRecord(folder, model.id);
  for (const file of model.files) {
    const path = placeOf(file, model, folder);
    const { name, source } = file;
    if (!existsSync(path)) {
      faults.push(`${name} is missing`);
      continue;
    }
    // Where nobody has published a sum, the file must still be what was fetched.
    const expected = source.type === 'hub' ? (source.sha256 ?? known[name]?.sha256) : undefined;
    if (expected === undefined) continue;
    const sha256 = await sha256Of(path, signal);
    if (sha256 === expected) continue;
    await forget(folder, model.id, name);
    faults.push(`${name} has the SHA-256 ${sha256}, and not ${expected}`);
  }
  return faults;
}
