/** The signalling connection breaks in the middle of a call, as when a network changes: the call goes on, and its page comes back. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newKeyLine } from '../../server/access/signing-keys.js';
import { runTokenCommand } from '../../server/access/token-command.js';
import { speechClip } from '../callers/caller-speech.js';
import { SignallingClient } from '../callers/signalling-client.js';
import { WebRtcCaller } from '../callers/web-rtc-caller.js';
import { ServerProcess } from '../helpers/server-process.js';
import { TcpProxy } from '../helpers/tcp-proxy.js';
import { until } from '../helpers/until.js';

const folder = mkdtempSync(join(tmpdir(), 'parley-broken-'));
const keys = { PARLEY_ACCESS_KEYS_FILE: join(folder, 'keys') };

/** A token for somebody, or for nobody in particular. */
async function newToken(...options: string[]): Promise<string> {
  return (await runTokenCommand(options, keys)).split('\n')[0] ?? '';
}

let server: ServerProcess;
let proxy: TcpProxy;
let token: string;
let caller: WebRtcCaller;

beforeAll(async () => {
  writeFileSync(keys.PARLEY_ACCESS_KEYS_FILE, newKeyLine('k'));
  server = await ServerProcess.start(keys);
  proxy = await TcpProxy.to(server.url);
}, 300_000);
afterAll(async () => {
  await proxy.close();
  await server.stop();
  rmSync(folder, { recursive: true });
}, 60_000);

const gone = () =>
  until('no call is left', async () => (await server.metrics()).get('parley_calls') === 0, 30_000);

describe('a call whose signalling connection breaks', { timeout: 120_000 }, () => {
  beforeEach(async () => {
    proxy.mend();
    token = await newToken();
    caller = await WebRtcCaller.call(proxy.url, {}, 15_000, { token });
  });
  afterEach(async () => {
    await caller.leave(caller.signalling.socket.connected ? 'end' : 'disconnect');
    await gone();
  });

  const cut = async () => {
    proxy.cut();
    await until('the caller notices', () => !caller.signalling.socket.connected);
    await until(
      'the server notices',
      () => server.logged('call waits for its page')?.['session'] === caller.id,
    );
    proxy.mend();
  };

  it('goes on: the caller hears the answer meanwhile, and speaks on afterwards', async () => {
    await caller.say('Tell me a long story.');
    await until('the agent speaks', () => caller.state === 'speaking', 30_000);
    await cut();
    const { packets } = caller.quality;
    await until('the voice goes on', () => caller.quality.packets > packets + 25);
    const told = caller.turns.length;
    await caller.takeUpAgain();
    await until('what was said is told anew', () =>
      caller.turns.slice(told).some(({ speaker, text }) => speaker === 'caller' && text.includes('story')),
    );
    // It is heard again as well: the story stops for the question.
    await caller.speak(await speechClip('What is the capital of France?'));
    expect((await caller.waitForAnswer(30_000)).text.length).toBeGreaterThan(20);
    const answer = await caller.waitForAnswer(30_000);
    expect(answer.text).toMatch(/paris/i);
    expect(answer.firstAudibleAtMs).toBeDefined();
    // What the network needs after that.
    expect(await caller.signalling.request('restartIce', { direction: 'send' })).toHaveProperty(
      'iceParameters',
    );
  });

  it('can be taken up by its own page only', async () => {
    await cut();
    const resumption = { callId: caller.id, secret: caller.start.resumption?.secret ?? '' };
    const other = await SignallingClient.connect(server.url, await newToken('--caller', 'somebody-else'));
    expect(await other.send('resumeCall', resumption)).toMatchObject({ error: { code: 'forbidden' } });
    other.close();
    const own = await SignallingClient.connect(server.url, token);
    for (const wrong of ['', 'x'.repeat(43)])
      expect(await own.send('resumeCall', { ...resumption, secret: wrong })).toMatchObject({
        error: { code: 'forbidden' },
      });
    expect(await own.send('resumeCall', { ...resumption, callId: 'another' })).toMatchObject({
      error: { code: 'forbidden' },
    });
    expect(await own.send('say', { text: 'hello' })).toMatchObject({ error: { code: 'notFound' } });
    own.close();
    await caller.takeUpAgain();
    await caller.say('What is your name?');
    expect((await caller.waitForAnswer(30_000)).text).not.toBe('');
    const refused = (await server.metrics()).get('parley_refused_total{reason="resumption"}');
    expect(refused).toBe(4);
  });

  it('can be taken up while the old connection still seems to be there', async () => {
    const second = await SignallingClient.connect(server.url, token);
    await second.request('resumeCall', { callId: caller.id, secret: caller.start.resumption?.secret ?? '' });
    await until('the old connection is closed', () => !caller.signalling.socket.connected);
    expect(await second.send('resumeCall', { callId: caller.id, secret: '' })).toMatchObject({
      error: { code: 'wrongState' },
    });
    await second.request('say', { text: 'Hello' });
    await second.request('endCall', {});
    second.close();
  });
});

it('ends a call whose page does not come back, and keeps nothing of it', { timeout: 120_000 }, async () => {
  const hasty = await ServerProcess.start({ PARLEY_CALLS_RECONNECT_MS: '1000' });
  const way = await TcpProxy.to(hasty.url);
  try {
    const caller = await WebRtcCaller.call(way.url);
    way.cut();
    await until('the call is over', async () => (await hasty.metrics()).get('parley_calls') === 0, 20_000);
    const metrics = await hasty.metrics();
    expect(metrics.get('parley_calls_ended_total{reason="connectionLost"}')).toBe(1);
    expect(metrics.get('parley_llm_sequences_free')).toBe(metrics.get('parley_calls_free'));
    way.mend();
    await expect(caller.takeUpAgain()).rejects.toThrow(/forbidden/);
    await caller.leave('disconnect');
  } finally {
    await way.close();
    await hasty.stop();
  }
});
