/** Brings the files of models onto this machine: what is missing or wrong is fetched, three at a time. */
import { existsSync } from 'node:fs';
import { mkdir, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { withLock } from '../setup/cache-lock.js';
import type { CatalogueModel, HubSource } from './catalogue-entry.js';
import { broken, DownloadError, refusal } from './download-error.js';
import { downloadFile } from './download-file.js';
import { readRecord, record } from './file-record.js';
import { takeFromHubCache } from './hub-cache.js';
import { addressOf, ask, type Hub } from './hub-request.js';
import { placeOf } from './model-files.js';
import { partPath, sha256Of, sizeOf } from './partial-file.js';
import { storageError } from './storage-error.js';
import { size, TransferProgress } from './transfer-progress.js';

const atOnce = 3;
/** Left free on the disk, bytes. */
const spareBytes = 100_000_000;

export interface PullOptions {
  /** Where fetched models are. */
  folder: string;
  hub: Hub;
  env: NodeJS.ProcessEnv;
  /** Prints one line. */
  print: (line: string) => void;
}

/** A file that has to be fetched. */
interface Wanted {
  model: CatalogueModel;
  name: string;
  source: HubSource;
  path: string;
}

/**
 * Fetches what is missing of these models. Two that pull into the same folder at once wait for each other.
 * @throws DownloadError that names every file that could not be fetched and what to do; the others are there then.
 *   StorageError when the disk does not take them, which ends all transfers. The signal's reason.
 */
export async function pull(
  models: CatalogueModel[],
  options: PullOptions,
  signal: AbortSignal,
): Promise<void> {
  const { folder } = options;
  try {
    await mkdir(folder, { recursive: true });
    await withLock(join(folder, '.lock'), () => pullLocked(models, options, signal));
  } catch (error) {
    throw storageError(error, folder);
  }
}

async function pullLocked(
  models: CatalogueModel[],
  options: PullOptions,
  signal: AbortSignal,
): Promise<void> {
  const { folder, hub, print } = options;
  const wanted: Wanted[] = [];
  for (const model of models) {
    const missing = await missingOf(model, options, signal);
    if (missing.length === 0) print(`${model.id}: is here`);
    wanted.push(...missing);
  }
  if (wanted.length === 0) return;
  const failures: string[] = [];
  const known = await each(wanted, (file, either) => complete(file, hub, either), failures, signal);
  const total = known.reduce((sum, { source }) => sum + (source.size ?? 0), 0);
  await checkSpace(known, total, folder);
  print(`${known.length} files, ${size(total)}, from ${hub.endpoint} to ${folder}`);
  const progress = new TransferProgress(total, print);
  try {
    await each(known, (file, either) => fetchOne(file, options, progress, either), failures, signal);
  } finally {
    progress.end();
  }
  if (failures.length > 0) {
    throw new DownloadError(
      `${failures.join('\n')}\nThe same command goes on where it has stopped; what has arrived is kept.`,
    );
  }
}

/** Files that are not here, or are not what they should be. */
async function missingOf(
  model: CatalogueModel,
  { folder }: PullOptions,
  signal: AbortSignal,
): Promise<Wanted[]> {
  const wanted: Wanted[] = [];
  const known = readRecord(folder, model.id);
  for (const file of model.files) {
    const path = placeOf(file, model, folder);
    const { name, source } = file;
    if (source.type === 'local') {
      if (!existsSync(path))
        throw new DownloadError(`${path} of ${model.id} is missing, and comes from no hub.`);
      continue;
    }
    if (existsSync(path)) {
      const before = known[name];
      const { size: bytes, mtimeMs } = await stat(path);
      const looked = before !== undefined && before.size === bytes && before.mtimeMs === mtimeMs;
      const sha256 = looked ? before.sha256 : await sha256Of(path, signal);
      const right = source.sha256 === undefined ? looked : sha256 === source.sha256;
      if (right) {
        if (!looked) await record(folder, model.id, name, path, { sha256, revision: source.revision });
        continue;
      }
      await rm(path);
    }
    wanted.push({ model, name, source, path });
  }
  return wanted;
}

/** Asks the hub for what the catalogue does not know of a file. */
async function complete(file: Wanted, hub: Hub, signal: AbortSignal): Promise<Wanted> {
  const { source } = file;
  if (source.size !== undefined) return file;
  const what = `${source.repository}/${source.path}`;
  const response = await ask(addressOf(source, hub.endpoint), { method: 'HEAD' }, hub, signal).catch(
    (error: unknown) => {
      throw signal.aborted ? error : broken(error, what);
    },
  );
  response.body.destroy();
  // A mirror may have it all the same.
  if (response.status !== 200 && source.mirror !== undefined) return file;
  if (response.status !== 200)
    throw refusal(response.status, response.headers, what, `${hub.endpoint}/${source.repository}`);
  return {
    ...file,
    source: {
      ...source,
      // From here on the file is this one, whatever the branch does.
      revision: response.commit ?? source.revision,
      size: response.size,
      sha256: source.sha256 ?? response.sha256,
    },
  };
}

async function checkSpace(files: Wanted[], total: number, folder: string): Promise<void> {
  let here = 0;
  for (const { path, source } of files)
    here += await sizeOf(partPath(path, source.sha256 ?? source.revision));
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const needed = total - here + spareBytes;
  if (needed > free)
    throw new DownloadError(
      `${folder} has ${size(free)} free, and ${size(needed)} are needed. Make room, or set models.folder to another disk.`,
    );
}

async function fetchOne(
  { model, name, source, path }: Wanted,
  { folder, hub, env }: PullOptions,
  progress: TransferProgress,
  signal: AbortSignal,
): Promise<void> {
  const what = `${model.id}/${name}`;
  if (await takeFromHubCache(source, path, env, signal)) {
    progress.add(source.size ?? 0);
    await record(folder, model.id, name, path, { sha256: source.sha256 ?? '', revision: source.revision });
    progress.print(`${what}: taken from Hugging Face's cache`);
    return;
  }
  const fetched = await downloadFile({ source, path, hub, onBytes: (bytes) => progress.add(bytes) }, signal);
  await record(folder, model.id, name, path, fetched);
  progress.print(`${what}: ${size(fetched.size)}`);
}

/**
 * Runs `work` for every item, some at a time. What failed with a DownloadError is told in `failures`; the others go on.
 * Anything else ends them all: thrown when none of them works any more.
 * @param work gets a signal that aborts with the given one, and when another item ends them all.
 */
async function each<Item, Result>(
  items: Item[],
  work: (item: Item, signal: AbortSignal) => Promise<Result>,
  failures: string[],
  signal: AbortSignal,
): Promise<Result[]> {
  const results: Result[] = [];
  const left = [...items];
  const end = new AbortController();
  const either = AbortSignal.any([signal, end.signal]);
  const worker = async () => {
    for (let item = left.shift(); item !== undefined && !either.aborted; item = left.shift()) {
      try {
        results.push(await work(item, either));
      } catch (error) {
        if (error instanceof DownloadError) failures.push(error.message);
        else end.abort(error);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  either.throwIfAborted();
  return results;
}
