/** Processes that die under the server: their calls are told or helped, the others hear nothing of it. */
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { speechClips } from '../callers/caller-speech.js';
import type { OpusClip } from '../callers/opus-clip.js';
import { WebRtcCaller } from '../callers/web-rtc-caller.js';
import { ServerProcess } from '../helpers/server-process.js';
import { until } from '../helpers/until.js';
import { processesNamed, processOnUdpPort, udpPortsOf } from './process-table.js';
import { SteadyCall } from './steady-call.js';

let nameQuestion: OpusClip;
let longQuestion: OpusClip;
let server: ServerProcess | undefined;
let steady: SteadyCall | undefined;
const callers: WebRtcCaller[] = [];

beforeAll(async () => {
  const clips = await speechClips([
    'What is your name?',
    'What is the capital of France? What is your name?',
  ]);
  [nameQuestion, longQuestion] = clips as [OpusClip, OpusClip];
}, 300_000);

afterEach(async () => {
  for (const caller of callers.splice(0)) await caller.leave(caller.ended ? 'disconnect' : 'end');
  await steady?.leave();
  await server?.stop();
  steady = server = undefined;
}, 300_000);

async function call(running: ServerProcess): Promise<WebRtcCaller> {
  const caller = await WebRtcCaller.call(running.url);
  callers.push(caller);
  return caller;
}

/** The worker that a call's media goes through. */
function workerOf(running: ServerProcess, caller: WebRtcCaller): number {
  const port = caller.start.send.iceCandidates[0]?.port ?? 0;
  const pid = processOnUdpPort(running.resources().pids, port);
  if (pid === undefined) throw new Error(`No process of the server listens on UDP port ${port}.`);
  return pid;
}

describe('a mediasoup worker that is killed', () => {
  it('ends its calls with a reason; others go on, and its place is taken', async () => {
    const running = (server = await ServerProcess.start({ PARLEY_MEDIA_WORKERS: '2' }));
    steady = await SteadyCall.start(running.url);
    const victim = await call(running);
    const worker = workerOf(running, victim);
    expect(worker).not.toBe(workerOf(running, steady.caller));
    await victim.say('What can you do?');
    await until('the victim is being answered', () => victim.state === 'speaking');

    process.kill(worker, 'SIGKILL');
    const end = await victim.waitForEnd(3000);
    expect(end.reason).toBe('mediaFailed');
    expect(end.message).toMatch(/call again/);

    const other = workerOf(running, steady.caller);
    const next = await until('another worker has taken its place', async () => {
      const caller = await call(running);
      if (workerOf(running, caller) !== other) return caller;
      await caller.leave();
      return undefined;
    });
    await next.speak(nameQuestion);
    expect((await next.waitForAnswer()).samples.length).toBeGreaterThan(0);
    await steady.expectUndisturbed(nameQuestion, /name/);
    await until('the dead call is gone', async () => (await running.metrics()).get('parley_calls') === 2);
    const metrics = await running.metrics();
    expect(metrics.get('parley_calls_ended_total{reason="mediaFailed"}')).toBe(1);
  }, 300_000);
});

describe('a media thread that is killed', () => {
  it('ends its calls with a reason; others go on, and its place is taken', async () => {
    const running = (server = await ServerProcess.start({ PARLEY_MEDIA_THREADS: '2' }));
    steady = await SteadyCall.start(running.url);
    const threads = () => processesNamed(running.resources().pids, 'media-thread-worker');
    const idle = threads().filter((pid) => udpPortsOf(pid).length === 0);
    expect(idle).toHaveLength(1);
    const [thread = 0] = idle;
    const victim = await call(running);
    expect(udpPortsOf(thread)).toHaveLength(1);
    await victim.say('What can you do?');
    await until('the victim is being answered', () => victim.state === 'speaking');

    process.kill(thread, 'SIGKILL');
    expect((await victim.waitForEnd(3000)).reason).toBe('mediaFailed');

    await until('another thread has taken its place', () => threads().length === 2);
    const next = await until('a call on it', async () => {
      const caller = await call(running);
      if (threads().every((pid) => udpPortsOf(pid).length === 1)) return caller;
      await caller.leave();
      return undefined;
    });
    await next.speak(nameQuestion);
    expect((await next.waitForAnswer()).samples.length).toBeGreaterThan(0);
    await steady.expectUndisturbed(nameQuestion, /name/);
    expect(running.logged('media thread died')).toBeDefined();
  }, 300_000);
});

describe('a recogniser that is killed', () => {
  it('costs no turn: what was said is recognised by the one that takes its place', async () => {
    const running = (server = await ServerProcess.start());
    steady = await SteadyCall.start(running.url);
    const both = [await call(running), await call(running)];
    const recognizers = () => processesNamed(running.resources().pids, 'pocketsphinx-process');
    const [only, ...others] = recognizers();
    if (only === undefined || others.length > 0) throw new Error('One recogniser was expected.');

    const speaking = both.map((caller) => caller.speak(longQuestion));
    await spokenInPart(both);
    process.kill(only, 'SIGKILL');
    await Promise.all(speaking);
    for (const caller of both) {
      const { text } = await caller.waitForAnswer(30_000);
      expect(text).not.toMatch(/something went wrong/);
      expect(caller.understood).toMatch(/capital of france/);
    }

    await until('another recogniser is there', () => recognizers().length === 1);
    expect(recognizers()).not.toContain(only);
    for (const caller of both) {
      await caller.speak(nameQuestion);
      const { text } = await caller.waitForAnswer(30_000);
      expect(text).not.toMatch(/something went wrong/);
      expect(caller.understood).toMatch(/name/);
    }
    expect(running.logged('an engine worker died and is replaced')).toBeDefined();
    await steady.expectUndisturbed(nameQuestion, /name/);
  }, 300_000);
});

/** Resolves in the middle of what the callers say. */
async function spokenInPart(speaking: readonly WebRtcCaller[]): Promise<void> {
  const half = longQuestion.packets.length / 2;
  await until('half of it is said', () => speaking.every(({ unsent }) => unsent < half));
}
