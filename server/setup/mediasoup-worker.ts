/** Where mediasoup's worker program lies. It is fetched or built once per machine, not once per checkout. */

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { projectRoot } from '../project-root.js';
import { cacheFolder, installedVersion } from './locations.js';
import { SetupError } from './setup-error.js';

/** What the worker exits with when it is started without `MEDIASOUP_VERSION`: a proof that it runs. */
const STARTED_BY_HAND = 41;

/** How the worker is built: a Makefile and the headers that stand in for newer libraries. */
export const workerRecipeFolder = join(projectRoot(), 'server', 'setup', 'mediasoup-worker');

/**
 * The worker program to hand to `createWorker({ workerBin })`: `MEDIASOUP_WORKER_BIN` where that is set, else
 * the one in the cache.
 */
export function mediasoupWorkerPath(): string {
  return process.env.MEDIASOUP_WORKER_BIN || join(workerFolder(), 'mediasoup-worker');
}

/** The worker's place in the cache: one per mediasoup version, platform and build recipe. */
export function workerFolder(): string {
  const name = `${installedVersion('mediasoup')}-${process.platform}-${process.arch}-${recipeHash()}`;
  return join(cacheFolder(), 'mediasoup-worker', name);
}

/** Held by whoever changes something in `workerFolder()`. */
export function workerLock(): string {
  return `${workerFolder()}.lock`;
}

/** Whether the worker is there and runs on this machine. */
export function hasWorker(): boolean {
  const path = mediasoupWorkerPath();
  if (workerRuns(path)) return true;
  if (!process.env.MEDIASOUP_WORKER_BIN) return false;
  throw new SetupError(`MEDIASOUP_WORKER_BIN names ${path}, which does not run here; correct or unset it`);
}

/** Whether a worker program can be started on this machine. */
export function workerRuns(path: string): boolean {
  if (!existsSync(path)) return false;
  return spawnSync(path, { env: {}, stdio: 'ignore', timeout: 10_000 }).status === STARTED_BY_HAND;
}

function recipeHash(): string {
  const hash = createHash('sha256');
  const files = readdirSync(workerRecipeFolder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest('hex').slice(0, 12);
}
