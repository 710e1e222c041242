/** Fetches the ready-made worker that mediasoup publishes with each release, where this machine can reach it. */

import { createWriteStream } from 'node:fs';
import { chmod, mkdir, rename, rm } from 'node:fs/promises';
import { release } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';

import { withLock } from './cache-lock.js';
import { installedVersion } from './locations.js';
import { hasWorker, workerFolder, workerLock, workerRuns } from './mediasoup-worker.js';
import { Progress } from './progress.js';
import { runCommand } from './run-command.js';

const RELEASES = 'https://github.com/versatica/mediasoup/releases/download';
/** A firewall that swallows packets must not hold up the start for long. */
const ANSWER_TIMEOUT_MS = 6_000;
const DOWNLOAD_TIMEOUT_MS = 120_000;

/**
 * Puts the binary into the cache and answers true, or prints why not and answers false. mediasoup's own variables
 * for the same step are honoured: `MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL` and
 * `MEDIASOUP_SKIP_WORKER_PREBUILT_DOWNLOAD`.
 */
export async function downloadWorker(): Promise<boolean> {
  if (process.env.MEDIASOUP_SKIP_WORKER_PREBUILT_DOWNLOAD) return false;
  return withLock(workerLock(), async () => hasWorker() || (await fetchInto(workerFolder())));
}

async function fetchInto(folder: string): Promise<boolean> {
  const base = process.env.MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL || RELEASES;
  const version = installedVersion('mediasoup');
  const progress = new Progress(`fetching mediasoup's ready-made worker from ${new URL(base).host}`);
  const scratch = join(folder, 'download');
  try {
    await mkdir(scratch, { recursive: true });
    const archive = join(scratch, 'worker.tgz');
    await download(`${base}/${version}/${archiveName(version)}`, archive, progress);
    await runCommand('tar', ['-xzf', archive, '-C', scratch]);

    const binary = join(scratch, 'mediasoup-worker');
    await chmod(binary, 0o755);
    if (!workerRuns(binary)) throw new Error('it does not run on this machine');
    await rename(binary, join(folder, 'mediasoup-worker'));
    progress.done('done');
    return true;
  } catch (error) {
    progress.done(`not possible, ${reasonOf(error)}`);
    return false;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** The name mediasoup gives its archives; on Linux it carries the major version of the kernel. */
function archiveName(version: string): string {
  const kernel = process.platform === 'linux' ? `-kernel${release().split('.')[0] ?? ''}` : '';
  return `mediasoup-worker-${version}-${process.platform}-${process.arch}${kernel}.tgz`;
}

async function download(url: string, file: string, progress: Progress): Promise<void> {
  const controller = new AbortController();
  const noAnswer = setTimeout(() => {
    controller.abort(new Error('no answer'));
  }, ANSWER_TIMEOUT_MS);
  const signal = AbortSignal.any([controller.signal, AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS)]);

  const response = await fetch(url, { signal }).finally(() => {
    clearTimeout(noAnswer);
  });
  if (!response.ok || !response.body) throw new Error(`HTTP status ${response.status}`);

  const totalBytes = Number(response.headers.get('content-length'));
  let bytes = 0;
  const body = Readable.fromWeb(response.body as ReadableStream).on('data', (chunk: Uint8Array) => {
    bytes += chunk.length;
    progress.update(`${megabytes(bytes)} of ${totalBytes ? megabytes(totalBytes) : 'unknown'} MB`);
  });
  await pipeline(body, createWriteStream(file));
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

/** `fetch` hides what happened ("fetch failed") in its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error && cause.message ? cause.message : (error.message.split('\n')[0] ?? '');
}
