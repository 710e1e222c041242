/** Builds mediasoup's worker from the sources in its npm package against the system's libraries. */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, symlink } from 'node:fs/promises';
import { availableParallelism, freemem } from 'node:os';
import { join } from 'node:path';

import { projectRoot } from '../project-root.js';
import { withLock } from './cache-lock.js';
import { hasWorker, workerFolder, workerLock, workerRecipeFolder, workerRuns } from './mediasoup-worker.js';
import { Progress } from './progress.js';
import { runCommand } from './run-command.js';
import { SetupError } from './setup-error.js';
import type { SystemNeed } from './system-packages.js';

/** What one compiler takes at its peak, generously. */
const COMPILER_BYTES = 700e6;

const HEADERS = ['srtp2/srtp.h', 'uv.h', 'openssl/ssl.h', 'flatbuffers/flatbuffers.h'];

/** The compiler and the libraries that `buildWorker` needs. */
export const workerBuildNeed: SystemNeed = {
  what: "building mediasoup's worker",
  isMet: () => {
    const includes = HEADERS.map((header) => `#include <${header}>`).join('\n');
    const preprocess = spawnSync('g++', ['-std=c++20', '-E', '-x', 'c++', '-'], {
      input: includes,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    return preprocess.status === 0 && runs('make') && runs('flatc');
  },
  packages: {
    apt: [
      'g++',
      'make',
      'libsrtp2-dev',
      'libuv1-dev',
      'libssl-dev',
      'libflatbuffers-dev',
      'flatbuffers-compiler',
    ],
    dnf: [
      'gcc-c++',
      'make',
      'libsrtp-devel',
      'libuv-devel',
      'openssl-devel',
      'flatbuffers-devel',
      'flatbuffers-compiler',
    ],
    brew: ['srtp', 'libuv', 'openssl@3', 'flatbuffers'],
  },
};

/** Builds the worker into the cache. A build that was interrupted is taken up where it stopped. */
export async function buildWorker(): Promise<void> {
  await withLock(workerLock(), async () => {
    if (!hasWorker()) await buildInto(workerFolder());
  });
}

async function buildInto(folder: string): Promise<void> {
  const build = join(folder, 'build');
  await mkdir(build, { recursive: true });
  await link(join(projectRoot(), 'node_modules', 'mediasoup'), join(build, 'package'));
  await link(workerRecipeFolder, join(build, 'recipe'));

  const jobs = Math.max(1, Math.min(availableParallelism(), Math.floor(freemem() / COMPILER_BYTES)));
  const progress = new Progress("building mediasoup's worker, once for this machine");
  const count = fileCounter((compiled, total) => {
    progress.update(`${compiled} of ${total} files`);
  });
  try {
    await runCommand('make', ['-f', 'recipe/Makefile', '-j', `${jobs}`], { cwd: build, onLine: count });
  } catch (error) {
    progress.done('failed');
    throw error;
  }

  const binary = join(build, 'mediasoup-worker');
  if (!workerRuns(binary)) throw new SetupError(`the worker that was built does not run; see ${binary}`);
  await rename(binary, join(folder, 'mediasoup-worker'));
  await rm(build, { recursive: true, force: true });
  progress.done(`done, kept in ${folder}`);
}

/** Reads what the Makefile prints: first "files TOTAL DONE", then "compiled FILE" for each of the rest. */
function fileCounter(onChange: (compiled: number, total: number) => void): (line: string) => void {
  let total = 0;
  let compiled = 0;
  return (line) => {
    const [word, ...values] = line.split(' ');
    if (word === 'files') [total = 0, compiled = 0] = values.map(Number);
    else if (word === 'compiled') compiled += 1;
    else return;
    onChange(compiled, total);
  };
}

/** Links anew each time: the project may have moved since an interrupted build. */
async function link(target: string, path: string): Promise<void> {
  if (!existsSync(target)) throw new SetupError(`${target} is missing; run \`npm ci\` first`);
  await rm(path, { force: true });
  await symlink(target, path);
}

function runs(tool: string): boolean {
  return spawnSync(tool, ['--version'], { stdio: 'ignore' }).status === 0;
}
