/**
 * What is left to do between `npm ci` and a running server: `tsx server/setup/main.ts [--for start|test|build]`.
 * Everything is done once; when there is nothing to do it is over in a fraction of a second.
 */

import { buildWorker, workerBuildNeed } from './build-worker.js';
import { build } from './build.js';
import { chromiumNeed } from './chromium.js';
import { downloadWorker } from './download-worker.js';
import { hasWorker } from './mediasoup-worker.js';
import { pocketSphinxNeed } from './pocketsphinx.js';
import { SetupError } from './setup-error.js';
import { ensureSystemPackages } from './system-packages.js';

/** `start`: all that the server needs. `test`: a browser as well. `build`: only compile. */
type Purpose = 'start' | 'test' | 'build';

const purposes: Purpose[] = ['start', 'test', 'build'];

async function setUp(purpose: Purpose): Promise<void> {
  if (purpose !== 'build') {
    const workerMissing = !hasWorker() && !(await downloadWorker());
    await ensureSystemPackages([
      ...(workerMissing ? [workerBuildNeed] : []),
      pocketSphinxNeed,
      ...(purpose === 'test' ? [chromiumNeed] : []),
    ]);
    if (workerMissing) await buildWorker();
  }
  await build();
}

function purposeOf(args: string[]): Purpose {
  const [option, value] = args;
  if (option === undefined) return 'start';
  const purpose = purposes.find((name) => name === value);
  if (option !== '--for' || !purpose) throw new SetupError(`usage: main.ts [--for ${purposes.join('|')}]`);
  return purpose;
}

try {
  await setUp(purposeOf(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`set-up: ${error.message}\n`);
  process.exitCode = 1;
}
