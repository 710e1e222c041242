/**
 * How evenly the answers leave the server while it recognises, thinks and synthesises for several callers at once:
 * `npm run bench -- voices [--callers 4] [--turns 6]`. Real calls against the server as `npm start` runs it; the callers ask for
 * stories, so that most of them are spoken to all the time. The pacer's own lateness comes from /metrics, second by second.
 */
import { parseArgs } from 'node:util';

import { speechClips } from '../callers/caller-speech.js';
import { WebRtcCaller } from '../callers/web-rtc-caller.js';
import { ServerProcess } from '../helpers/server-process.js';

const { values } = parseArgs({
  options: { callers: { type: 'string', default: '4' }, turns: { type: 'string', default: '6' } },
});
const SECOND_MS = 1000;
const TARGET_MS = 10;

const clips = await speechClips([
  'Please tell me a story about a fox.',
  'Can you tell me a long story?',
  'What is seven plus eight?',
]);
const server = await ServerProcess.start({ PARLEY_LOG_LEVEL: 'info' });
const seconds: number[] = [];
try {
  const callers: WebRtcCaller[] = [];
  for (let index = 0; index < Number(values.callers); index++)
    callers.push(await WebRtcCaller.call(server.url));
  let watching = true;
  const watch = (async () => {
    while (watching) {
      await new Promise((resolve) => setTimeout(resolve, SECOND_MS));
      const p99 = (await server.metrics()).get('parley_pacer_lateness_p99_seconds') ?? 0;
      if (p99 > 0) seconds.push(1000 * p99);
    }
  })();
  await Promise.all(
    callers.map(async (caller, index) => {
      for (let turn = 0; turn < Number(values.turns); turn++) {
        const clip = clips[(turn + index) % clips.length];
        if (clip) await caller.speak(clip);
        await caller.waitForAnswer(60_000);
      }
    }),
  );
  watching = false;
  await watch;
  const metrics = await server.metrics();
  const lost = callers.reduce((sum, { quality }) => sum + quality.lost + quality.skipped, 0);
  const packets = callers.reduce((sum, { quality }) => sum + quality.packets, 0);
  seconds.sort((a, b) => a - b);
  const at = (share: number) =>
    (seconds[Math.min(seconds.length - 1, Math.floor(share * seconds.length))] ?? NaN).toFixed(1);
  const good = seconds.filter((p99) => p99 < TARGET_MS).length;
  console.log(
    `\n${values.callers} callers, ${values.turns} turns each, ${seconds.length} seconds with somebody spoken to`,
  );
  console.log(
    '\n| p99 of the lateness in a second, ms | p50 | p95 | p99 | worst |\n| --- | --- | --- | --- | --- |',
  );
  console.log(`| pacer | ${at(0.5)} | ${at(0.95)} | ${at(0.99)} | ${at(1)} |`);
  console.log(
    `\nbelow ${TARGET_MS} ms in ${good} of ${seconds.length} seconds; ${lost} of ${packets} frames lost or skipped on the way to the callers, ` +
      `${metrics.get('parley_frames_skipped_total') ?? 0} skipped by the pacer; longest gap ${Math.max(
        ...callers.map(({ quality }) => quality.longestGapMs),
      ).toFixed(0)} ms`,
  );
  await Promise.all(callers.map((caller) => caller.leave()));
} finally {
  await server.stop();
}
