/**
 * What each part's death costs: `npm run bench -- kills`. Two calls are on, each part is killed in the middle of an answer, and
 * the table says who was affected, what they were told, and how long it took until the server served again.
 */
import { speechClip } from '../callers/caller-speech.js';
import { WebRtcCaller } from '../callers/web-rtc-caller.js';
import { processesNamed, processOnUdpPort } from '../faults/process-table.js';
import { ServerProcess } from '../helpers/server-process.js';
import { until } from '../helpers/until.js';
import { monotonicMs } from '../../server/media/media-types.js';

/** A part, the text that its processes have in their command line, and which of them carries the call given. */
interface Part {
  name: string;
  command: string;
  pid(server: ServerProcess, caller: WebRtcCaller): number | undefined;
}

const firstOf = (command: string) => (server: ServerProcess) =>
  processesNamed(server.resources().pids, command)[0];
const parts: Part[] = [
  {
    name: 'mediasoup worker',
    command: 'mediasoup-worker',
    pid: (server, caller) =>
      processOnUdpPort(server.resources().pids, caller.start.send.iceCandidates[0]?.port ?? 0),
  },
  { name: 'media process', command: 'media-thread-worker', pid: firstOf('media-thread-worker') },
  { name: 'recogniser', command: 'pocketsphinx-process', pid: firstOf('pocketsphinx-process') },
  { name: 'main process', command: 'server/main', pid: (server) => server.pid },
];

const clip = await speechClip('What is the capital of France? What is your name?');
console.log(
  '| killed | calls on | affected | what they were told | a new call was ready after | all parts were there after |\n' +
    '| --- | --- | --- | --- | --- | --- |',
);
for (const part of parts) console.log(await killed(part));

async function killed(part: Part): Promise<string> {
  const environment = { PARLEY_MEDIA_WORKERS: '2', PARLEY_MEDIA_THREADS: '2', PARLEY_LOG_LEVEL: 'info' };
  let server = await ServerProcess.start(environment);
  const calls = [await WebRtcCaller.call(server.url), await WebRtcCaller.call(server.url)];
  try {
    const [victim] = calls;
    const pid = victim && part.pid(server, victim);
    if (victim === undefined || pid === undefined) throw new Error(`There is no ${part.name}.`);
    const count = () => processesNamed(server.resources().pids, part.command).length;
    const before = count();
    const speaking = calls.map((caller) => caller.speak(clip));
    await until('half is said', () => calls.every(({ unsent }) => unsent < clip.packets.length / 2));
    const killedAtMs = monotonicMs();
    process.kill(pid, 'SIGKILL');
    if (part.name === 'main process') {
      // Its children end by themselves, and a service manager starts it again.
      await server.crash();
      server = await ServerProcess.start(environment);
    }
    const newcomer = newCallReady(server, killedAtMs);
    const whole = until('all parts are there', () => count() >= before, 60_000).then(
      () => monotonicMs() - killedAtMs,
    );
    const [readyMs, wholeMs] = await Promise.all([newcomer, whole, ...speaking]);
    const fates = (await Promise.all(calls.map((caller) => fateOf(caller)))).filter(
      (fate) => fate !== undefined,
    );
    return (
      `| ${part.name} | ${calls.length} | ${fates.length} | ${fates.join(', ') || 'nothing: both were answered'} ` +
      `| ${Math.round(readyMs)} ms | ${Math.round(wholeMs)} ms |`
    );
  } finally {
    await Promise.all(calls.map((caller) => caller.leave('disconnect')));
    await server.stop();
  }
}

/** What a caller noticed; undefined when the turn was answered. */
async function fateOf(caller: WebRtcCaller): Promise<string | undefined> {
  if (!caller.signalling.socket.connected && !caller.ended) return 'connection lost (the page says so)';
  try {
    const { text } = await caller.waitForAnswer(30_000);
    return /something went wrong/.test(text) ? 'an apology, the call went on' : undefined;
  } catch (error) {
    if (caller.ended) return `${caller.ended.reason}: "${caller.ended.message}"`;
    throw error;
  }
}

/** From the kill until a new caller can speak, who is then answered. */
async function newCallReady(server: ServerProcess, killedAtMs: number): Promise<number> {
  const newcomer = await until(
    'a new call',
    () => WebRtcCaller.call(server.url).catch(() => undefined),
    30_000,
  );
  const readyMs = monotonicMs() - killedAtMs;
  await newcomer.speak(clip);
  const { text } = await newcomer.waitForAnswer(60_000);
  if (text === '') throw new Error('The new caller got no answer.');
  await newcomer.leave();
  return readyMs;
}
