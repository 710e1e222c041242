/**
 * The soak: callers come and go in all the ways they can, for as long as one likes; what the server holds must be the
 * same afterwards as after the warm-up.
 *
 *     npm run bench:soak -- --minutes 30
 *
 * Exits with 1 when an answer or a call was lost or something was not given back.
 */
import { parseArgs } from 'node:util';

import { speechClips } from '../../callers/caller-speech.js';
import { seededRandom } from '../../faults/seeded-random.js';
import { ServerProcess } from '../../helpers/server-process.js';
import { medianSlope } from '../../leaks/resource-trend.js';
import { held, leftOver, memoryMiB, quiet } from './held.js';
import { ways, type SoakClips } from './ways.js';

const { values } = parseArgs({
  options: {
    /** How long callers come and go after the warm-up. */
    minutes: { type: 'string', default: '30' },
    /** Callers at once. */
    callers: { type: 'string', default: '6' },
  },
});
const minutes = Number(values.minutes);
const callers = Number(values.callers);
if (!(minutes > 0) || !(Number.isInteger(callers) && callers > 0)) {
  console.error('--minutes takes a number above 0, --callers a whole one.');
  process.exit(2);
}

/** Half-open and vanished calls keep their places for a while after their callers have gone. */
const placesPerCaller = 2;
const sampleMs = 10_000;

const [question, story] = await speechClips(['What is the capital of France?', 'Tell me a long story.']);
if (question === undefined || story === undefined) throw new Error('There are no clips.');
const clips: SoakClips = { question, story };
const places = callers * placesPerCaller;
const server = await ServerProcess.start({
  PARLEY_LOG_LEVEL: 'info',
  PARLEY_CALLS_MAX: String(places),
  PARLEY_LANGUAGE_MODEL_SEQUENCES: String(places),
  PARLEY_CALLS_CONNECT_TIMEOUT_MS: '2000',
  PARLEY_CALLS_RECONNECT_MS: '3000',
  PARLEY_LIMITS_HALF_OPEN_CALLS_PER_ADDRESS: String(places),
});
const names = Object.keys(ways);
const counts = new Map<string, number>();
const failures: string[] = [];

async function live(name: string): Promise<void> {
  try {
    await ways[name]?.(server.url, clips);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  } catch (error) {
    failures.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** @returns MiB over time while callers came and went. */
async function soak(): Promise<number[]> {
  const random = seededRandom(1);
  const samples = [memoryMiB(server)];
  const sampling = setInterval(() => samples.push(memoryMiB(server)), sampleMs);
  const untilMs = performance.now() + minutes * 60_000;
  const one = async () => {
    while (performance.now() < untilMs) await live(names[Math.floor(random() * names.length)] ?? '');
  };
  await Promise.all(Array.from({ length: callers }, one));
  clearInterval(sampling);
  return samples;
}

try {
  // Every way twice at the same time, so that whatever is made at first use is there.
  await Promise.all([...names, ...names].slice(0, places).map(live));
  for (const name of names) await live(name);
  await quiet(server);
  counts.clear();
  const before = await held(server);
  const samples = await soak();
  await quiet(server);
  const after = await held(server);
  const half = samples.slice(Math.floor(samples.length / 2));
  const cycles = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const perMinute = (medianSlope(half) * 60_000) / sampleMs;

  console.table(Object.fromEntries(counts));
  console.table({ before, after });
  const mib = (value: number | undefined) => `${(value ?? NaN).toFixed(1)} MiB`;
  console.log(
    `${cycles} calls in ${minutes} minutes; memory ${mib(samples[0])} at the start, ${mib(half[0])} at half time, ` +
      `${mib(samples.at(-1))} at the end; slope of the second half ${mib(perMinute)} a minute, ` +
      `${((perMinute * minutes * 1024) / Math.max(1, cycles)).toFixed(1)} KiB a call`,
  );
  for (const left of leftOver(before, after)) failures.push(`not given back: ${left}`);
  for (const { msg } of server.errors) failures.push(`the server's log: ${msg}`);
} finally {
  await server.stop();
}
for (const failure of failures) console.error(`FAILED: ${failure}`);
process.exitCode = failures.length > 0 ? 1 : 0;
