/**
 * 50 calls one after another, with a turn each, ended in every way a caller can go: afterwards the server holds what it
 * held before, and its memory has not grown over the last 30.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { speechClip } from '../callers/caller-speech.js';
import type { OpusClip } from '../callers/opus-clip.js';
import { WebRtcCaller, type LeavingManner } from '../callers/web-rtc-caller.js';
import { ServerProcess } from '../helpers/server-process.js';
import { until } from '../helpers/until.js';
import { medianSlope } from './resource-trend.js';

const CALLS = 50;
const LEVEL_OVER = 30;
/** Growth of what is held over the last calls from which it is a leak, KiB: half a mebibyte a call. */
const LEAK_HEAP_KIB = 8 * 1024;
/** Growth per call from which it is a leak: one caller's codecs, buffers and conversation are more, KiB. */
const LEAK_KIB_PER_CALL = 512;
/** Every so many calls one is spoken in place of typed. */
const SPOKEN_EVERY = 10;

/** What a call must give back. */
interface Held {
  calls: number | undefined;
  freeSequences: number | undefined;
  udpPorts: number;
  fileDescriptors: number;
  processes: number;
  threads: number;
}

/** Memory after a call, KiB. */
interface Memory {
  /** Resident memory of the server: swings with the garbage collector, shown only. */
  server: number;
  /** What the server's JavaScript holds, garbage not yet collected included. */
  heap: number;
  /** mediasoup's workers and the recogniser's processes. */
  children: number;
}

let server: ServerProcess;
let question: OpusClip;
const vanished: Promise<void>[] = [];

beforeAll(async () => {
  question = await speechClip('What is your name?');
  server = await ServerProcess.start({ PARLEY_LOG_LEVEL: 'info' });
}, 300_000);

afterAll(async () => {
  await Promise.allSettled(vanished);
  await server.stop();
});

function manner(index: number): LeavingManner {
  if (index % 10 === 7) return 'vanish';
  return index % 2 === 0 ? 'end' : 'disconnect';
}

async function oneCall(index: number): Promise<void> {
  const caller = await WebRtcCaller.call(server.url);
  if (index % SPOKEN_EVERY === 3) await caller.speak(question);
  else await caller.say('What is the capital of France?');
  // Every third leaves in the middle of the answer.
  if (index % 3 === 1) await until('the agent speaks', () => caller.state === 'speaking', 30_000);
  else expect((await caller.waitForAnswer(30_000)).text).not.toBe('');
  const leaving = caller.leave(manner(index));
  // The server notices after seconds that somebody has vanished; others call in the meantime.
  if (manner(index) === 'vanish') vanished.push(leaving);
  else await leaving;
}

async function held(): Promise<Held> {
  const metrics = await server.metrics();
  const { udpPorts, fileDescriptors, pids } = server.resources();
  return {
    calls: metrics.get('parley_calls'),
    freeSequences: metrics.get('parley_llm_sequences_free'),
    udpPorts: udpPorts.length,
    fileDescriptors,
    processes: pids.length,
    threads: pids.reduce((sum, pid) => sum + statusOf(pid, 'Threads'), 0),
  };
}

/** Waits until everybody who has left is gone for the server. */
async function quiet(): Promise<void> {
  await Promise.all(vanished);
  await until('no call is left', async () => (await server.metrics()).get('parley_calls') === 0, 30_000);
}

async function memory(): Promise<Memory> {
  const metrics = await server.metrics();
  const bytes = (name: string) => metrics.get(name) ?? 0;
  const [server_, ...children] = server.resources().pids;
  const resident = (pid: number) => statusOf(pid, 'VmRSS');
  return {
    server: resident(server_ ?? 0),
    heap: (bytes('nodejs_heap_size_used_bytes') + bytes('nodejs_external_memory_bytes')) / 1024,
    children: children.reduce((sum, pid) => sum + resident(pid), 0),
  };
}

function statusOf(pid: number, field: string): number {
  const value = new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(
    readFileSync(`/proc/${pid}/status`, 'utf8'),
  )?.[1];
  if (value === undefined) throw new Error(`Process ${pid} does not tell its ${field}.`);
  return Number(value);
}

it('gives everything back after 50 calls', async () => {
  // Warm-up: every way of leaving once, so that lazily made things are there.
  for (const index of [0, 1, 3, 7]) await oneCall(index);
  await quiet();
  const before = await held();
  const samples: Memory[] = [];
  for (let index = 0; index < CALLS; index++) {
    await oneCall(index);
    samples.push(await memory());
  }
  await quiet();
  // A kept-alive HTTP connection of this test's may come and go: descriptors are given a moment to settle.
  const after = await until(
    'descriptors are back',
    async () => {
      const now = await held();
      return now.fileDescriptors <= before.fileDescriptors ? now : undefined;
    },
    15_000,
  ).catch(held);

  const last = samples.slice(-LEVEL_OVER);
  const growth = {
    server: medianSlope(last.map((sample) => sample.server)),
    heap: medianSlope(last.map((sample) => sample.heap)),
    children: medianSlope(last.map((sample) => sample.children)),
  };
  // Between two collections garbage only grows; what is left after them shows in the lowest values.
  const lowest = (part: Memory[]) => Math.min(...part.map((sample) => sample.heap));
  const heapGrowth = lowest(last.slice(LEVEL_OVER / 2)) - lowest(last.slice(0, LEVEL_OVER / 2));
  const mib = (kib: number) => `${(kib / 1024).toFixed(1)} MiB`;
  process.stdout.write(
    [
      `before ${JSON.stringify(before)}`,
      `after  ${JSON.stringify(after)}`,
      ...(['server', 'heap', 'children'] as const).map((part) => {
        const values = last.map((sample) => sample[part]);
        return (
          `memory of ${part}: ${mib(values[0] ?? 0)} to ${mib(values.at(-1) ?? 0)} over the last ${LEVEL_OVER} calls, ` +
          `median slope ${growth[part].toFixed(1)} KiB a call`
        );
      }),
      '',
    ].join('\n'),
  );
  expect(after).toEqual({
    ...before,
    threads: expect.any(Number) as number,
    fileDescriptors: after.fileDescriptors,
  });
  expect(after.fileDescriptors).toBeLessThanOrEqual(before.fileDescriptors);
  expect(after.threads).toBeLessThanOrEqual(before.threads + 1);
  expect(heapGrowth).toBeLessThan(LEAK_HEAP_KIB);
  expect(growth.children).toBeLessThan(LEAK_KIB_PER_CALL);
  const ended = await server.metrics();
  expect(ended.get('parley_calls_ended_total{reason="mediaLost"}')).toBe(vanished.length);
  expect(ended.get('parley_answers_failed_total') ?? 0).toBe(0);
}, 600_000);
