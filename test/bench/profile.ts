/**
 * What the configured profile takes: `npm run bench -- profile`. Starts the server as `npm start` does, prints how long it
 * took until ready, and the memory of its processes then and after calls of two callers. Linux only. Prints Markdown.
 *
 * Resident memory counts pages that several processes share (the program, the acoustic model) in each of them; the
 * proportional set size (proc_pid_smaps_rollup(5)) divides such a page among those who share it, so its sum is what the
 * machine gives.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

import { speechClips } from '../callers/caller-speech.js';
import { WebRtcCaller } from '../callers/web-rtc-caller.js';
import { ServerProcess } from '../helpers/server-process.js';

const QUESTIONS = ['Hello, my name is Anna.', 'Tell me a joke, please.', 'What is seven plus eight?'];
const CALLERS = 2;

const clips = await speechClips(QUESTIONS);
const server = await ServerProcess.start({ PARLEY_LOG_LEVEL: 'info' });
try {
  console.log(`\nReady after ${Number(server.logged('ready: ')?.['startMs']).toFixed(0)} ms.`);
  memory('ready, no caller');
  const callers = await Promise.all(Array.from({ length: CALLERS }, () => WebRtcCaller.call(server.url)));
  for (const clip of clips) {
    await Promise.all(
      callers.map(async (caller) => {
        await caller.speak(clip);
        await caller.waitForAnswer();
      }),
    );
  }
  memory(`${CALLERS} callers, ${clips.length} turns each`);
  await Promise.all(callers.map((caller) => caller.leave()));
} finally {
  await server.stop();
}

/** One table of all processes of the server. */
function memory(when: string): void {
  console.log(`\n| ${when} | resident, MB | proportional, MB |\n| --- | --- | --- |`);
  let [resident, proportional] = [0, 0];
  for (const pid of server.resources().pids) {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    const [rss, pss] = [megabytes(rollup, 'Rss'), megabytes(rollup, 'Pss')];
    resident += rss;
    proportional += pss;
    console.log(`| ${nameOf(pid)} | ${rss.toFixed(0)} | ${pss.toFixed(0)} |`);
  }
  console.log(`| all | ${resident.toFixed(0)} | ${proportional.toFixed(0)} |`);
}

function megabytes(rollup: string, field: string): number {
  return (Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(rollup)?.[1]) * 1024) / 1e6;
}

/** The script that a Node process runs, else the program. */
function nameOf(pid: number): string {
  const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  return basename(words.find((word) => word.endsWith('.js')) ?? words[0] ?? '');
}
