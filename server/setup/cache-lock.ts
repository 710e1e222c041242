/** A lock file, so that two starts at once on one machine do a piece of the set-up once. */

import {
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { print } from './progress.js';

/** The holder touches its lock this often, … */
const HEARTBEAT_MS = 2_000;
/** … and a lock untouched for so long belongs to nobody any more. */
const STALE_MS = 30_000;
const POLL_MS = 250;

/** Runs `work` while no other process on this machine runs work under the same lock file. */
export async function withLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(file), { recursive: true });
  const mine = `${hostname()} ${process.pid}`;
  let waiting = false;
  while (!tryTake(file, mine)) {
    if (!waiting) print(`waiting for another set-up to finish (${holderOf(file) ?? 'unknown'})`);
    waiting = true;
    await sleep(POLL_MS);
  }
  const heartbeat = setInterval(() => {
    if (holderOf(file) === mine) utimesSync(file, new Date(), new Date());
  }, HEARTBEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    if (holderOf(file) === mine) rmSync(file, { force: true });
  }
}

function tryTake(file: string, mine: string): boolean {
  if (create(file, mine)) return true;
  const holder = holderOf(file);
  if (holder !== undefined && isStale(file, holder)) removeStale(file, holder);
  return create(file, mine);
}

function create(file: string, mine: string): boolean {
  try {
    writeFileSync(file, mine, { flag: 'wx' });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

function isStale(file: string, holder: string): boolean {
  const [host, pid] = holder.split(' ');
  if (host === hostname() && !isAlive(Number(pid))) return true;
  try {
    return Date.now() - statSync(file).mtimeMs > STALE_MS;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** Takes the stale lock away; a fresh one that somebody put there in the meantime is put back. */
function removeStale(file: string, staleHolder: string): void {
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
    if (holderOf(aside) !== staleHolder) linkSync(aside, file);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'EEXIST') throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function holderOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
