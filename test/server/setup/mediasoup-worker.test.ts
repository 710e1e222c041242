import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { downloadWorker } from '../../../server/setup/download-worker.js';
import {
  hasWorker,
  mediasoupWorkerPath,
  workerFolder,
  workerRuns,
} from '../../../server/setup/mediasoup-worker.js';

/** Stands in for the worker: like it, it exits with 41 when it is started by hand. */
const GOOD_WORKER = '#!/bin/sh\nexit 41\n';
const BAD_WORKER = '#!/bin/sh\nexit 1\n';

let folder: string;
let releases: Server;
let requested: string[];
let archive: Buffer | undefined;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'parley-worker-'));
  requested = [];
  archive = undefined;
  releases = createServer((request, response) => {
    requested.push(request.url ?? '');
    response.writeHead(archive ? 200 : 404).end(archive);
  });
  await new Promise<void>((resolve) => releases.listen(0, '127.0.0.1', resolve));
  const { port } = releases.address() as AddressInfo;
  vi.stubEnv('PARLEY_CACHE', join(folder, 'cache'));
  vi.stubEnv('MEDIASOUP_WORKER_BIN', '');
  vi.stubEnv('MEDIASOUP_SKIP_WORKER_PREBUILT_DOWNLOAD', '');
  vi.stubEnv('MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL', `http://127.0.0.1:${port}`);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await new Promise((resolve) => releases.close(resolve));
  rmSync(folder, { recursive: true });
});

describe('downloadWorker', () => {
  it('keeps a binary that runs, and asks for it under the name that mediasoup gives it', async () => {
    archive = archiveOf(GOOD_WORKER);
    expect(await downloadWorker()).toBe(true);
    expect(requested).toHaveLength(1);
    expect(requested[0]).toMatch(/^\/(\d+\.\d+\.\d+)\/mediasoup-worker-\1-[a-z\d-]+\.tgz$/);
    expect(hasWorker()).toBe(true);
    expect(readdirSync(workerFolder())).toEqual(['mediasoup-worker']);
  });

  it('does not fetch a second time', async () => {
    archive = archiveOf(GOOD_WORKER);
    await Promise.all([downloadWorker(), downloadWorker()]);
    expect(requested).toHaveLength(1);
  });

  it.each([
    ['a binary that does not run here', () => archiveOf(BAD_WORKER)],
    ['something that is no archive', () => Buffer.from('<html>captive portal</html>')],
    ['nothing', () => undefined],
  ])('answers false and leaves nothing behind when it gets %s', async (_what, make) => {
    archive = make();
    expect(await downloadWorker()).toBe(false);
    expect(readdirSync(workerFolder())).toEqual([]);
    expect(hasWorker()).toBe(false);
  });

  it('does not ask where downloading is switched off', async () => {
    vi.stubEnv('MEDIASOUP_SKIP_WORKER_PREBUILT_DOWNLOAD', 'true');
    expect(await downloadWorker()).toBe(false);
    expect(requested).toEqual([]);
  });
});

describe('the worker program', () => {
  it('is looked for anew when the cache holds one that no longer runs', () => {
    mkdirSync(dirname(mediasoupWorkerPath()), { recursive: true });
    writeWorker(mediasoupWorkerPath(), BAD_WORKER);
    expect(hasWorker()).toBe(false);
  });

  it('is the one the user names, or an error', () => {
    const path = join(folder, 'own-worker');
    vi.stubEnv('MEDIASOUP_WORKER_BIN', path);
    expect(() => hasWorker()).toThrow(path);
    writeWorker(path, GOOD_WORKER);
    expect(hasWorker()).toBe(true);
    expect(mediasoupWorkerPath()).toBe(path);
  });

  it('is there after the set-up that every test run begins with', () => {
    vi.unstubAllEnvs();
    expect(existsSync(mediasoupWorkerPath())).toBe(true);
    expect(workerRuns(mediasoupWorkerPath())).toBe(true);
  });
});

function archiveOf(script: string): Buffer {
  const source = join(folder, 'archive');
  mkdirSync(source, { recursive: true });
  writeWorker(join(source, 'mediasoup-worker'), script);
  return execFileSync('tar', ['-czf', '-', '-C', source, 'mediasoup-worker']);
}

function writeWorker(path: string, script: string): void {
  writeFileSync(path, script);
  chmodSync(path, 0o755);
}
