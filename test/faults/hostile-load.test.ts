/** The short form of `npm run bench -- hostile`: floods of messages and packets and half-open calls beside a good call. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { speechClip } from '../callers/caller-speech.js';
import { ServerProcess } from '../helpers/server-process.js';
import { until } from '../helpers/until.js';
import { GoodCall, type Noticed } from '../hostile/good-call.js';
import { runAttack } from '../hostile/run-attack.js';

let server: ServerProcess;
let call: GoodCall;

beforeAll(async () => {
  server = await ServerProcess.start({ PARLEY_CALLS_CONNECT_TIMEOUT_MS: '5000' });
  call = await GoodCall.start(server, await speechClip('What is your name?'));
}, 300_000);
afterAll(async () => {
  await call.leave();
  await server.stop();
}, 60_000);

const counted = async (name: string) => (await server.metrics()).get(name) ?? 0;

function expectWell({ turns, frames, framesMissing }: Noticed): void {
  expect(turns).toBeGreaterThan(0);
  // A busy machine skips some by itself.
  expect(framesMissing).toBeLessThanOrEqual(5 + 0.03 * frames);
}

it('bears a flood of malformed messages, and cuts off who sends them', { timeout: 120_000 }, async () => {
  const attack = runAttack({
    attack: 'messages',
    url: server.url,
    perSecond: 4000,
    seconds: 3,
    addresses: 20,
  });
  expectWell(await call.talk(attack));
  const { sent, cutOff } = await attack;
  expect(sent).toBeGreaterThan(1000);
  expect(cutOff).toBeGreaterThan(5);
  expect(await counted('parley_refused_total{reason="framing"}')).toBeGreaterThan(5);
  expect(await counted('parley_refused_total{reason="shutOut"}')).toBeGreaterThan(20);
});

it('bears mutated packets on every port', { timeout: 120_000 }, async () => {
  const ssrcs = [
    1,
    ...(call.caller.start.voiceTrack.rtpParameters.encodings ?? []).map(({ ssrc }) => ssrc ?? 0),
  ];
  const ports = server.resources().udpPorts;
  expectWell(await call.talk(runAttack({ attack: 'datagrams', ports, ssrcs, count: 5000, perSecond: 2500 })));
  expect(await counted('parley_rtp_packets_dropped_total{reason="source"}')).toBeGreaterThan(500);
});

it('keeps half-open calls few, and gets their places back', { timeout: 120_000 }, async () => {
  const attack = runAttack({ attack: 'halfOpen', url: server.url, count: 100, addresses: 1, holdMs: 6000 });
  expectWell(await call.talk(attack));
  expect(await attack).toEqual({ opened: 4, tooManyRequests: 96 });
  await until('only the good call is left', async () => (await counted('parley_calls')) === 1, 15_000);
});

it('has nothing to report but who was turned away', () => {
  expect(server.log.filter(({ level }) => level >= 50)).toEqual([]);
  const lines = server.log.filter(({ msg }) => msg.startsWith('turned away'));
  expect(lines.length).toBeGreaterThan(0);
  // Of the same kind from the same address one a minute.
  expect(lines.length).toBeLessThan(100);
});
