/**
 * A good call beside attacks: `npm run bench -- hostile [--seconds 30] [--per-second 10000] [--packets 100000]
 * [--half-open 1000] [--attacks messages,datagrams,insideCalls,halfOpen]`. Once with the limits as installed, and once without limits on messages, so that every one of them is
 * looked at. Prints what the caller noticed, what the attack came to, and what the server holds afterwards.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { speechClip } from '../callers/caller-speech.js';
import { WebRtcCaller } from '../callers/web-rtc-caller.js';
import { ServerProcess, type Resources } from '../helpers/server-process.js';
import { until } from '../helpers/until.js';
import type { Attack, AttackResult } from '../hostile/attacks.js';
import { quantile } from '../helpers/quantiles.js';
import { GoodCall, type Noticed } from '../hostile/good-call.js';
import { runAttack } from '../hostile/run-attack.js';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '30' },
    'per-second': { type: 'string', default: '10000' },
    packets: { type: 'string', default: '100000' },
    'half-open': { type: 'string', default: '1000' },
    attacks: { type: 'string', default: 'messages,datagrams,insideCalls,halfOpen' },
  },
});
const seconds = Number(values.seconds);
const perSecond = Number(values['per-second']);
const packets = Number(values.packets);
const halfOpen = Number(values['half-open']);

/** Limits that nothing here reaches: all messages are parsed and checked. */
const withoutLimits = {
  PARLEY_LIMITS_MESSAGES_PER_SECOND: '10000',
  PARLEY_LIMITS_MESSAGES_BURST: '100000',
  PARLEY_LIMITS_BYTES_PER_SECOND: '100000000',
  PARLEY_LIMITS_BYTES_BURST: '100000000',
  PARLEY_LIMITS_NEW_CONNECTIONS_PER_SECOND: '10000',
  PARLEY_LIMITS_NEW_CONNECTIONS_BURST: '100000',
};

const clip = await speechClip('What is your name?');
const rows: string[] = [];
console.log(
  '| beside the good call | turns | voice to voice p50, worst | message round trip p50, p99 | pacer p99, worst second | frames missing | the attack |\n' +
    '| --- | --- | --- | --- | --- | --- | --- |',
);

const chosen = values.attacks.split(',');
const attacks: Attack[] = [
  { attack: 'messages', url: '', perSecond, seconds, addresses: 100 },
  { attack: 'datagrams', ports: [], ssrcs: [], count: packets / 2, perSecond: 5000 },
  { attack: 'insideCalls', url: '', count: packets / 2 },
  { attack: 'halfOpen', url: '', count: halfOpen, addresses: 200, holdMs: 20_000 },
];
const wanted = attacks.filter(({ attack }) => chosen.includes(attack));
await beside('limits as installed', {}, wanted);
const messages = wanted.filter(({ attack }) => attack === 'messages');
if (messages.length > 0) await beside('no limit on messages', withoutLimits, messages);
console.log(`\n${rows.join('\n')}`);

/** Runs attacks one after the other on a fresh server. */
async function beside(title: string, environment: NodeJS.ProcessEnv, attacks: Attack[]): Promise<void> {
  const server = await ServerProcess.start({ PARLEY_LOG_LEVEL: 'info', ...environment });
  try {
    const call = await GoodCall.start(server, clip);
    // Everybody's first turn warms something.
    await call.talk(Promise.resolve());
    tell(`nothing (${title})`, await call.talk(sleep(seconds * 1000)), {});
    const before = await settled(server);
    for (const attack of attacks) {
      const attacking = runAttack(aimed(attack, server, call));
      const noticed = await call.talk(attacking);
      tell(`${attack.attack} (${title})`, noticed, await attacking);
      await until(
        'the attack is over',
        async () => (await server.metrics()).get('parley_calls') === 1,
        60_000,
      );
    }
    const after = await settled(server);
    const newcomer = await WebRtcCaller.call(server.url);
    await newcomer.speak(clip);
    await newcomer.waitForAnswer(30_000);
    await newcomer.leave();
    await call.leave();
    const crashed = server.log.filter(({ level }) => level >= 50);
    rows.push(
      `${title}: memory ${mib(before)} MiB before, ${mib(after)} after; descriptors ${before.fileDescriptors}, ` +
        `${after.fileDescriptors}; UDP ports ${before.udpPorts.length}, ${after.udpPorts.length}; processes ` +
        `${before.pids.length}, ${after.pids.length}; errors in the log ${crashed.length}; lines of the log ` +
        `${server.log.length}; a new caller afterwards is answered`,
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

/** Some seconds later, when what is closed is closed. */
async function settled(server: ServerProcess): Promise<Resources> {
  await sleep(5000);
  return server.resources();
}

function tell(what: string, noticed: Noticed, did: AttackResult): void {
  const ms = (list: readonly number[], share: number) => quantile(list, share).toFixed(0);
  const tenths = (list: readonly number[], share: number) => quantile(list, share).toFixed(1);
  console.log(
    `| ${what} | ${noticed.turns} | ${ms(noticed.voiceToVoice, 0.5)}, ${ms(noticed.voiceToVoice, 1)} ms ` +
      `| ${tenths(noticed.roundTrips, 0.5)}, ${tenths(noticed.roundTrips, 0.99)} ms ` +
      `| ${tenths(noticed.pacerLateness, 1)} ms | ${noticed.framesMissing} of ${noticed.frames} ` +
      `| ${Object.entries(did)
        .map(([name, count]) => `${name} ${count}`)
        .join(', ')} |`,
  );
}

function mib({ memoryBytes }: Resources): number {
  return Math.round(memoryBytes / 2 ** 20);
}
