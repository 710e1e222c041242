/**
 * What the configured profile takes: `npm run bench -- profile`. Starts the server as `npm start` does, prints how long it
 * took until ready, the memory of its processes then and with 1, 2, 4 and 8 callers who have had three turns each, and what
 * a further caller adds: the slope from the first to the last row. Linux only. Prints Markdown.
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
const CALLERS = [1, 2, 4, 8];

const clips = await speechClips(QUESTIONS);
const server = await ServerProcess.start({ PARLEY_LOG_LEVEL: 'info' });
const callers: WebRtcCaller[] = [];
const rows: { callers: number; memory: Map<string, number> }[] = [];
try {
  console.log(`\nReady after ${Number(server.logged('ready: ')?.['startMs']).toFixed(0)} ms.\n`);
  rows.push({ callers: 0, memory: memory() });
  for (const count of CALLERS) {
    while (callers.length < count) {
      const caller = await WebRtcCaller.call(server.url);
      callers.push(caller);
      for (const clip of clips) {
        await caller.speak(clip);
        await caller.waitForAnswer();
      }
    }
    rows.push({ callers: count, memory: memory() });
  }
  print();
  await Promise.all(callers.map((caller) => caller.leave()));
} finally {
  await server.stop();
}

/** Proportional set size by program and altogether, MB. */
function memory(): Map<string, number> {
  const all = new Map<string, number>();
  for (const pid of server.resources().pids) {
    const size = megabytes(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'), 'Pss');
    for (const name of [nameOf(pid), 'all']) all.set(name, (all.get(name) ?? 0) + size);
  }
  return all;
}

function print(): void {
  const names = [...(rows[0]?.memory.keys() ?? [])];
  const line = (cells: readonly string[]): void => {
    console.log(`| ${cells.join(' | ')} |`);
  };
  line(['callers', ...names.map((name) => `${name}, MB`)]);
  line(['---', ...names.map(() => '---')]);
  const size = (row: (typeof rows)[number], name: string): number => row.memory.get(name) ?? 0;
  for (const row of rows) line([String(row.callers), ...names.map((name) => size(row, name).toFixed(0))]);
  const [first, last] = [rows[1], rows.at(-1)];
  if (!first || !last) return;
  const slope = (name: string): number =>
    (size(last, name) - size(first, name)) / (last.callers - first.callers);
  line(['each further', ...names.map((name) => slope(name).toFixed(1))]);
}

function megabytes(rollup: string, field: string): number {
  return (Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(rollup)?.[1]) * 1024) / 1e6;
}

/** The script that a Node process runs, else the program. */
function nameOf(pid: number): string {
  const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  return basename(words.find((word) => word.endsWith('.js')) ?? words[0] ?? '');
}
