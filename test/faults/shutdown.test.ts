/** SIGTERM while the agent speaks: the answer ends, nobody new is let in, everything goes, exit code 0. */
import { afterAll, expect, it } from 'vitest';
import { monotonicMs } from '../../server/media/media-types.js';
import { SignallingClient } from '../callers/signalling-client.js';
import { WebRtcCaller } from '../callers/web-rtc-caller.js';
import { ServerProcess } from '../helpers/server-process.js';
import { until } from '../helpers/until.js';
import { processesNamed } from './process-table.js';

/** The quickest that anybody speaks: 45 ms a character, at 16 kHz. Less sound than this was cut off. */
const SAMPLES_PER_CHARACTER = 720;

let server: ServerProcess | undefined;
const callers: WebRtcCaller[] = [];

afterAll(async () => {
  for (const caller of callers) await caller.leave('disconnect');
  await server?.stop();
});

async function readiness(running: ServerProcess): Promise<number> {
  return (await fetch(new URL('readyz', running.url))).status;
}

it('lets the answer end, turns newcomers away at once, and exits with 0', async () => {
  const running = (server = await ServerProcess.start({ PARLEY_SERVER_DRAIN_MS: '15000' }));
  const talking = await WebRtcCaller.call(running.url);
  callers.push(talking);
  const idle = await WebRtcCaller.call(running.url);
  callers.push(idle);
  const newcomer = await SignallingClient.connect(running.url);

  expect(await readiness(running)).toBe(200);
  await talking.say('What can you do?');
  await until('the agent speaks', () => talking.state === 'speaking');

  // Service managers and Ctrl-C may tell the children too; those that are Parley's wait for its word. (mediasoup's
  // workers do not: whoever wants answers to end tells the main process alone.)
  for (const pid of processesNamed(running.resources().pids.slice(1), 'dist/server/'))
    process.kill(pid, 'SIGTERM');
  const stopped = running.stop();
  await until('readyz says no', async () => (await readiness(running)) === 503, 1000);
  expect((await fetch(new URL('healthz', running.url))).status).toBe(200);
  await expect(newcomer.request('startCall', {})).rejects.toMatchObject({ code: 'serverDraining' });
  expect(talking.state).toBe('speaking');
  expect(talking.ended).toBeUndefined();

  const answer = await talking.waitForAnswer();
  expect(answer.heardCharacters).toBeUndefined();
  expect(answer.text).toMatch(/[.?!]$/);
  const { quality } = talking;
  expect(quality.lost).toBe(0);
  expect(answer.samples.length, `${answer.text} ${JSON.stringify(quality)}`).toBeGreaterThan(
    answer.text.length * SAMPLES_PER_CHARACTER,
  );
  expect((await talking.waitForEnd()).reason).toBe('serverShutdown');
  expect((await idle.waitForEnd()).reason).toBe('serverShutdown');
  // Exit code 0, and no child left, or this rejects.
  await stopped;
  newcomer.close();
}, 300_000);

it('cuts an answer that is longer than the limit', async () => {
  const running = (server = await ServerProcess.start({ PARLEY_SERVER_DRAIN_MS: '500' }));
  const talking = await WebRtcCaller.call(running.url);
  callers.push(talking);
  await talking.say('Tell me a story.');
  await until('the agent speaks', () => talking.state === 'speaking');
  const askedAtMs = monotonicMs();
  const stopped = running.stop();
  expect((await talking.waitForEnd()).reason).toBe('serverShutdown');
  expect(monotonicMs() - askedAtMs).toBeGreaterThan(400);
  await stopped;
  expect(monotonicMs() - askedAtMs).toBeLessThan(8000);
}, 300_000);

it('tells the callers, and lets them finish', async () => {
  const running = (server = await ServerProcess.start({ PARLEY_SERVER_DRAIN_CALLS_MS: '60000' }));
  const caller = await WebRtcCaller.call(running.url);
  callers.push(caller);
  const newcomer = await SignallingClient.connect(running.url);
  let told: { endsInMs: number } | undefined;
  caller.signalling.socket.once('draining', (notice) => (told = notice));
  const askedAtMs = monotonicMs();
  const stopped = running.stop();
  expect(await until('the caller is told', () => told)).toEqual({ endsInMs: 60_000 });
  await expect(newcomer.request('startCall', {})).rejects.toMatchObject({ code: 'serverDraining' });
  await caller.say('What is the capital of France?');
  expect((await caller.waitForAnswer()).text).toMatch(/Paris/);
  expect(caller.ended).toBeUndefined();
  await caller.leave();
  await stopped;
  expect(monotonicMs() - askedAtMs).toBeLessThan(30_000);
  newcomer.close();
}, 300_000);

it('waits no longer when it is told a second time', async () => {
  const running = (server = await ServerProcess.start({
    PARLEY_SERVER_DRAIN_CALLS_MS: '600000',
    PARLEY_SERVER_DRAIN_MS: '600000',
  }));
  const talking = await WebRtcCaller.call(running.url);
  callers.push(talking);
  await talking.say('Tell me a story.');
  await until('the agent speaks', () => talking.state === 'speaking');
  const stopped = running.stop();
  await until('readyz says no', async () => (await readiness(running)) === 503);
  process.kill(running.pid, 'SIGTERM');
  expect((await talking.waitForEnd()).reason).toBe('serverShutdown');
  await stopped;
}, 300_000);
