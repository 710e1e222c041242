/**
 * What is left to do between `npm ci` and a running server: `tsx server/setup/main.ts [--for PURPOSE]`.
 * Everything is done once; when there is nothing to do it is over in a fraction of a second.
 */

import { ParleyError } from '../errors.js';
import { buildWorker, workerBuildNeed } from './build-worker.js';
import { build } from './build.js';
import { chromiumNeed } from './chromium.js';
import { downloadWorker } from './download-worker.js';
import { hasWorker } from './mediasoup-worker.js';
import { pocketSphinxNeed } from './pocketsphinx.js';
import { SetupError } from './setup-error.js';
import { ensureSystemPackages, type SystemNeed } from './system-packages.js';

/** What each purpose comes to. The last two are the halves of `start` that an image is built in. */
const purposes = {
  start: { worker: true, recognizer: true, browser: false, compile: true },
  test: { worker: true, recognizer: true, browser: true, compile: true },
  worker: { worker: true, recognizer: false, browser: false, compile: false },
  build: { worker: false, recognizer: false, browser: false, compile: true },
};
type Purpose = keyof typeof purposes;

async function setUp(purpose: Purpose): Promise<void> {
  const wanted = purposes[purpose];
  const workerMissing = wanted.worker && !hasWorker() && !(await downloadWorker());
  const needs: SystemNeed[] = [];
  if (workerMissing) needs.push(workerBuildNeed);
  if (wanted.recognizer && (await usesPocketSphinx())) needs.push(pocketSphinxNeed);
  if (wanted.browser) needs.push(chromiumNeed);

  await ensureSystemPackages(needs);
  if (workerMissing) await buildWorker();
  if (wanted.compile) await build();
}

/** The configuration is read only where it matters: that takes longer than everything else in a repeated start. */
async function usesPocketSphinx(): Promise<boolean> {
  if (pocketSphinxNeed.isMet()) return false;
  const { loadConfig } = await import('../config.js');
  return loadConfig(process.env).recognizer.model === 'pocketsphinx';
}

function purposeOf(args: string[]): Purpose {
  const [option, value = ''] = args;
  if (option === undefined) return 'start';
  if (option === '--for' && value in purposes) return value as Purpose;
  throw new SetupError(`usage: main.ts [--for ${Object.keys(purposes).join('|')}]`);
}

try {
  await setUp(purposeOf(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof SetupError || error instanceof ParleyError)) throw error;
  process.stderr.write(`set-up: ${error.message}\n`);
  process.exitCode = 1;
}
