/**
 * How punctual the pacer is while other threads compute: lateness of every packet against its deadline, next to a
 * setInterval per caller under the same load.
 *
 *     npx tsx test/bench/pacer.ts --sessions 4 --seconds 20 --busy 2
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { entryPoint } from '../../server/entry-point.js';
import type { PacerResult, PacerRun } from './pacer-worker.js';

const { values } = parseArgs({
  options: {
    /** Callers who talk all the time, and are talked to. */
    sessions: { type: 'string', default: '4' },
    /** Length of each measurement. */
    seconds: { type: 'string', default: '20' },
    /** Threads that compute all the time. */
    busy: { type: 'string', default: '2' },
    /** Share of the main thread that is busy, percent, in stretches of 60 ms. */
    main: { type: 'string', default: '50' },
    /** Stretch before a deadline in which the thread blocks, milliseconds. */
    block: { type: 'string', default: '0.5' },
    /** Leave the media process's priority alone, as without the right to raise it. */
    'plain-priority': { type: 'boolean', default: false },
  },
});

const sessions = Number(values.sessions);
const seconds = Number(values.seconds);
const busy = entryPoint('./busy-worker', import.meta.url);
const load = Array.from(
  { length: Number(values.busy) },
  () => new Worker(busy.url, { workerData: { busyMs: 60, restMs: 0 } }),
);
const mainShare = Number(values.main) / 100;
const mainLoad = setInterval(() => {
  const untilMs = performance.now() + 120 * mainShare;
  while (performance.now() < untilMs);
}, 120);

console.log(
  `${sessions} talking sessions, ${values.busy} computing threads, main thread ${values.main} % busy`,
);
for (const kind of ['interval', 'parley'] as const) {
  const run: PacerRun = {
    kind,
    sessions,
    seconds,
    raisePriority: !values['plain-priority'],
    pacer: { blockMs: Number(values.block) },
  };
  const { path, execArgv } = entryPoint('./pacer-worker', import.meta.url);
  const child = fork(path, [JSON.stringify(run)], { execArgv: [...execArgv, '--single-threaded-gc'] });
  const [result] = (await once(child, 'message')) as [PacerResult];
  await once(child, 'exit');
  const ms = (value: number): string => value.toFixed(2).padStart(8);
  console.log(
    `${kind.padEnd(8)} lateness ms: p50 ${ms(result.p50)} p95 ${ms(result.p95)} p99 ${ms(result.p99)} max ${ms(result.max)}` +
      `   frames sent ${result.frames}, skipped ${result.skipped}, behind ${result.behind}` +
      `   windows heard ${result.windows}   ${result.priority} priority`,
  );
}

clearInterval(mainLoad);
// Nothing native runs in these threads: they may be ended as they are.
await Promise.all(load.map((worker) => worker.terminate()));
