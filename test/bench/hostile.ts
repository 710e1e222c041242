/**
 * A good call beside attacks: `npm run bench -- hostile [--seconds 30] [--per-second 10000] [--packets 100000]
 * [--half-open 1000] [--attacks messages,datagrams,insideCalls,halfOpen] [--attackers 1]`. The attacks come from other addresses
 * (127.0.0.2 and its neighbours, 127.1.x.x, 127.2.0.2) than the good call (127.0.0.1); messages from as many as `--attackers` says. Once with the
 * limits as installed, and once without limits on messages, so that every one of them is looked at. Prints what the caller noticed
 * before and beside each attack, what the attack came to, and the memory before, during and after it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { speechClip } from '../callers/caller-speech.js';
import { WebRtcCaller } from '../callers/web-rtc-caller.js';
import { ServerProcess } from '../helpers/server-process.js';
import { until } from '../helpers/until.js';
import type { Attack, AttackResult } from '../hostile/attacks.js';
import { quantiles } from '../helpers/quantiles.js';
import { GoodCall, type Noticed } from '../hostile/good-call.js';
import { collectingServer, peakMemory, steadyMemory, type Memory } from '../hostile/memory.js';
import { runAttack } from '../hostile/run-attack.js';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '30' },
    'per-second': { type: 'string', default: '10000' },
    packets: { type: 'string', default: '100000' },
    'half-open': { type: 'string', default: '1000' },
    attacks: { type: 'string', default: 'messages,datagrams,insideCalls,halfOpen' },
    attackers: { type: 'string', default: '1' },
  },
});
const seconds = Number(values.seconds);
const perSecond = Number(values['per-second']);
const packets = Number(values.packets);
const halfOpen = Number(values['half-open']);
const attackers = Number(values.attackers);

/** Limits that nothing here reaches: all messages are parsed and checked. */
const withoutLimits = {
  PARLEY_LIMITS_MESSAGES_PER_SECOND: '10000',
  PARLEY_LIMITS_MESSAGES_BURST: '100000',
  PARLEY_LIMITS_BYTES_PER_SECOND: '100000000',
  PARLEY_LIMITS_BYTES_BURST: '100000000',
  PARLEY_LIMITS_NEW_CONNECTIONS_PER_SECOND: '10000',
  PARLEY_LIMITS_NEW_CONNECTIONS_BURST: '100000',
  PARLEY_LIMITS_SHUT_OUT_SECONDS: '0',
};

const clip = await speechClip('What is your name?');
const summaries: string[] = [];
console.log(
  '| beside the good call | turns | voice to voice p50, p95, p99 | message round trip p50, p95, p99 | pacer p99, worst second | frames missing | memory of all processes before, at most, after (JavaScript) | the attack |\n' +
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
);

const chosen = values.attacks.split(',');
const attacks: Attack[] = [
  { attack: 'messages', url: '', perSecond, seconds, addresses: attackers },
  { attack: 'datagrams', ports: [], ssrcs: [], count: packets / 2, perSecond: 5000 },
  { attack: 'insideCalls', url: '', count: packets / 2 },
  { attack: 'halfOpen', url: '', count: halfOpen, addresses: 200, holdMs: 20_000 },
];
const wanted = attacks.filter(({ attack }) => chosen.includes(attack));
await beside('limits as installed', {}, wanted);
const messages = wanted.filter(({ attack }) => attack === 'messages');
if (messages.length > 0) await beside('no limit on messages', withoutLimits, messages);
console.log(`\n${summaries.join('\n')}`);

/** Runs attacks one after the other on a fresh server. */
async function beside(title: string, environment: NodeJS.ProcessEnv, attacks: Attack[]): Promise<void> {
  const server = await ServerProcess.start({ PARLEY_LOG_LEVEL: 'info', ...environment }, collectingServer);
  try {
    const call = await GoodCall.start(server, clip);
    // Everybody's first turn warms something.
    await call.talk(Promise.resolve());
    const before = server.resources();
    for (const attack of attacks) {
      tell(`nothing (${title})`, await call.talk(sleep(seconds * 1000)));
      const memoryBefore = await steadyMemory(server);
      const attacking = runAttack(aimed(attack, server, call));
      const [noticed, peak] = await Promise.all([call.talk(attacking), peakMemory(server, attacking)]);
      await until(
        'the attack is over',
        async () => (await server.metrics()).get('parley_calls') === 1,
        60_000,
      );
      const memories = [memoryBefore, peak, await steadyMemory(server)];
      tell(`${attack.attack} (${title})`, noticed, memories, await attacking);
    }
    const after = server.resources();
    const refused = [...(await server.metrics())].filter(([name]) => name.startsWith('parley_refused_total'));
    const newcomer = await WebRtcCaller.call(server.url);
    await newcomer.speak(clip);
    await newcomer.waitForAnswer(30_000);
    await newcomer.leave();
    await call.leave();
    const crashed = server.log.filter(({ level }) => level >= 50);
    summaries.push(
      `${title}: descriptors before and after ${before.fileDescriptors}, ${after.fileDescriptors}; UDP ports ` +
        `${before.udpPorts.length}, ${after.udpPorts.length}; processes ${before.pids.length}, ${after.pids.length}; errors in ` +
        `the log ${crashed.length}; lines of the log ${server.log.length}; turned away ${reasons(refused)}; ` +
        'a new caller afterwards is answered',
    );
    if (crashed.length > 0) console.log(crashed);
  } finally {
    await server.stop();
  }
}

function aimed(attack: Attack, server: ServerProcess, call: GoodCall): Attack {
  if (attack.attack !== 'datagrams') return { ...attack, url: server.url };
  const { voiceTrack } = call.caller.start;
  const ssrcs = (voiceTrack.rtpParameters.encodings ?? []).map(({ ssrc }) => ssrc ?? 0);
  return { ...attack, ports: server.resources().udpPorts, ssrcs: [...ssrcs, 1, 0xffff_ffff] };
}

function tell(
  what: string,
  noticed: Noticed,
  memories: readonly Memory[] = [],
  did: AttackResult = {},
): void {
  const three = (list: readonly number[], digits: number) => {
    const { p50, p95, p99 } = quantiles(list);
    return [p50, p95, p99].map((value) => value.toFixed(digits)).join(', ');
  };
  const memory = memories.map(({ resident, held }) => `${resident.toFixed(0)} (${held.toFixed(0)})`);
  const done = Object.entries(did).map(([name, count]) => `${name} ${count}`);
  console.log(
    `| ${what} | ${noticed.turns} | ${three(noticed.voiceToVoice, 0)} ms | ${three(noticed.roundTrips, 1)} ms ` +
      `| ${Math.max(0, ...noticed.pacerLateness).toFixed(1)} ms | ${noticed.framesMissing} of ${noticed.frames} ` +
      `| ${memory.length === 0 ? '' : `${memory.join(', ')} MiB`} | ${done.join(', ')} |`,
  );
}

function reasons(refused: readonly [name: string, count: number][]): string {
  return refused.map(([name, count]) => `${/"(.*)"/.exec(name)?.[1]} ${count}`).join(', ');
}
