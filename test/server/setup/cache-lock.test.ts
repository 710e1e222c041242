import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { withLock } from '../../../server/setup/cache-lock.js';

/** A number that no process has: above the largest that Linux gives. */
const DEAD_PID = 2 ** 22 + 1;

let folder: string;
let lock: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-lock-'));
  lock = join(folder, 'deep', 'some.lock');
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('withLock', () => {
  it('lets one piece of work through at a time', async () => {
    let inside = 0;
    const most: number[] = [];
    const work = async (): Promise<void> => {
      most.push(++inside);
      await sleep(20);
      inside--;
    };
    await Promise.all([withLock(lock, work), withLock(lock, work), withLock(lock, work)]);
    expect(most).toEqual([1, 1, 1]);
    expect(existsSync(lock)).toBe(false);
  });

  it('gives the lock back when the work fails', async () => {
    await expect(withLock(lock, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(existsSync(lock)).toBe(false);
  });

  it('takes over from a process that is gone', async () => {
    await withLock(lock, () => Promise.resolve());
    writeFileSync(lock, `${hostname()} ${DEAD_PID}`);
    const holder = await withLock(lock, () => Promise.resolve(readFileSync(lock, 'utf8')));
    expect(holder).toBe(`${hostname()} ${process.pid}`);
  });

  it('takes over from another machine that no longer touches its lock', async () => {
    await withLock(lock, () => Promise.resolve());
    writeFileSync(lock, 'elsewhere 1');
    const minuteAgo = new Date(Date.now() - 60_000);
    utimesSync(lock, minuteAgo, minuteAgo);
    expect(await withLock(lock, () => Promise.resolve('mine'))).toBe('mine');
  });

  it('waits for another machine that still does', async () => {
    await withLock(lock, () => Promise.resolve());
    writeFileSync(lock, 'elsewhere 1');
    setTimeout(() => {
      rmSync(lock);
    }, 400);
    const startMs = performance.now();
    await withLock(lock, () => Promise.resolve());
    expect(performance.now() - startMs).toBeGreaterThan(350);
  });
});
