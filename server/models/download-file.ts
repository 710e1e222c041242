/** Fetches one file: resumes, retries, checks size and SHA-256, and leaves either the right file or none. */
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HubSource } from './catalogue-entry.js';
import { broken, DownloadError, refusal } from './download-error.js';
import { addressOf, ask, type Hub, type HubResponse } from './hub-request.js';
import { PartialFile, partPath, sizeOf } from './partial-file.js';
import { StorageError } from './storage-error.js';

export interface Download {
  source: HubSource;
  /** Where the file is to be. */
  path: string;
  hub: Hub;
  /** Told of bytes as they arrive; negative when bytes have to be fetched again. */
  onBytes: (bytes: number) => void;
}

/** What was fetched. */
export interface Fetched {
  size: number;
  sha256: string;
  /** Commit, as far as the hub has told. */
  revision: string;
}

/** Attempts in a row that bring not a byte, before it is given up. */
const fruitlessAttempts = 5;
const firstDelayMs = 500;

/**
 * Fetches from the hub, and from the entry's mirror when the hub fails.
 * @throws DownloadError that says what to do; StorageError; the signal's reason. What has arrived is kept for the next attempt, unless
 *   it is wrong.
 */
export async function downloadFile(download: Download, signal: AbortSignal): Promise<Fetched> {
  const { source, hub } = download;
  try {
    return await downloadFrom(addressOf(source, hub.endpoint), download, signal);
  } catch (error) {
    if (source.mirror === undefined || !(error instanceof DownloadError)) throw error;
    try {
      return await downloadFrom(
        new URL(`${source.mirror.replace(/\/+$/, '')}/${source.path}`),
        download,
        signal,
      );
    } catch (second) {
      if (!(second instanceof DownloadError)) throw second;
      throw new DownloadError(`${error.message} And from its mirror: ${second.message}`, undefined, {
        cause: second,
      });
    }
  }
}

/**
 * Fetches from one address, as often as that brings anything.
 * @throws see {@link downloadFile}.
 */
export async function downloadFrom(address: URL, download: Download, signal: AbortSignal): Promise<Fetched> {
  const partial = partOf(download);
  let fruitless = 0;
  for (;;) {
    const before = await sizeOf(partial);
    try {
      return await attempt(download, address, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof DownloadError) || error.again === undefined) throw error;
      fruitless = (await sizeOf(partial)) > before ? 0 : fruitless + 1;
      if (fruitless >= fruitlessAttempts) throw error;
      await sleep(error.again.afterMs ?? firstDelayMs * 2 ** fruitless, undefined, { signal });
    }
  }
}

function partOf({ source, path }: Download): string {
  return partPath(path, source.sha256 ?? source.revision);
}

async function attempt(download: Download, address: URL, signal: AbortSignal): Promise<Fetched> {
  const { source, path, onBytes } = download;
  const partial = partOf(download);
  const part = await PartialFile.open(partial, signal);
  let keep = true;
  try {
    onBytes(part.size);
    const resumed = part.size > 0;
    const told = await fill(part, download, address, signal);
    const { sha256 } = part;
    const expected = source.sha256 ?? told?.sha256;
    if (expected !== undefined && sha256 !== expected) {
      keep = false;
      // Half a file from an earlier attempt may be what is wrong: once more from the beginning.
      throw new DownloadError(
        `${nameOf(download)} has the SHA-256 ${sha256}, and not ${expected}: it was changed on its way or on the hub. ` +
          'It was not kept. Try again; if that does not help, do not use it.',
        resumed ? { afterMs: 0 } : undefined,
      );
    }
    await part.complete(path);
    return { size: part.size, sha256, revision: told?.commit ?? source.revision };
  } catch (error) {
    onBytes(-part.size);
    throw error;
  } finally {
    await part.close();
    if (!keep) await rm(partial, { force: true });
  }
}

/** Brings the part to its full length. */
async function fill(
  part: PartialFile,
  download: Download,
  address: URL,
  signal: AbortSignal,
): Promise<HubResponse | undefined> {
  const { source, onBytes } = download;
  const restart = async () => {
    onBytes(-part.size);
    await part.restart();
  };
  if (source.size !== undefined && part.size > source.size) await restart();
  if (part.size > 0 && part.size === source.size) return undefined;
  const response = await open(part.size, download, address, signal);
  const { status, body } = response;
  try {
    if (status === 416 || (status === 206 && startOf(response) !== part.size)) {
      // The part is longer than the file, or something else than asked for comes.
      await restart();
      throw new DownloadError(`${nameOf(download)}: the hub does not continue where it was asked to.`, {
        afterMs: 0,
      });
    }
    if (status === 200 && part.size > 0) await restart();
    checkPromise(response, download);
    const size = source.size ?? response.size;
    try {
      for await (const chunk of body as AsyncIterable<Buffer>) {
        if (size !== undefined && part.size + chunk.length > size) {
          await restart();
          throw new DownloadError(`${nameOf(download)} is longer than the ${size} bytes that were promised.`);
        }
        await part.append(chunk);
        onBytes(chunk.length);
      }
    } catch (error) {
      const told = error instanceof DownloadError || error instanceof StorageError;
      throw told || signal.aborted ? error : broken(error, nameOf(download));
    }
    if (size !== undefined && part.size < size)
      throw new DownloadError(`${nameOf(download)} was cut off after ${part.size} of ${size} bytes.`, {
        afterMs: undefined,
      });
    return response;
  } finally {
    body.destroy();
  }
}

async function open(
  from: number,
  download: Download,
  address: URL,
  signal: AbortSignal,
): Promise<HubResponse> {
  const { source, hub } = download;
  let response: HubResponse;
  try {
    response = await ask(address, { from }, hub, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    throw broken(error, nameOf(download));
  }
  if ([200, 206, 416].includes(response.status)) return response;
  response.body.destroy();
  throw refusal(response.status, response.headers, nameOf(download), `${hub.endpoint}/${source.repository}`);
}

/** Whether the hub means the file that the catalogue means: told before gigabytes are fetched. */
function checkPromise(response: HubResponse, download: Download): void {
  const { source } = download;
  const advice = 'The repository has changed: the entry in the catalogue has to be brought up to date.';
  if (source.size !== undefined && response.size !== undefined && response.size !== source.size)
    throw new DownloadError(
      `${nameOf(download)} has ${response.size} bytes on the hub, and ${source.size} in the catalogue. ${advice}`,
    );
  if (source.sha256 !== undefined && response.sha256 !== undefined && response.sha256 !== source.sha256)
    throw new DownloadError(
      `${nameOf(download)} has the SHA-256 ${response.sha256} on the hub, and ${source.sha256} in the catalogue. ${advice}`,
    );
}

/** First byte of a partial answer. */
function startOf({ headers }: HubResponse): number {
  return Number(/^bytes (\d+)-/.exec(headers['content-range'] ?? '')?.[1] ?? Number.NaN);
}

function nameOf({ source }: Download): string {
  return `${source.repository}/${source.path}`;
}
