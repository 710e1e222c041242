/** The page on a network that changes: its WebSocket is cut in the middle of a call, and the call goes on. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Caller } from '../helpers/browser.js';
import { ServerProcess } from '../helpers/server-process.js';
import { TcpProxy } from '../helpers/tcp-proxy.js';
import { until } from '../helpers/until.js';
import { keepConnections } from '../helpers/page-connections.js';

let server: ServerProcess;
let proxy: TcpProxy;
let caller: Caller;

beforeAll(async () => {
  server = await ServerProcess.start();
  proxy = await TcpProxy.to(server.url);
  caller = await Caller.open({ url: proxy.url, before: keepConnections });
  await caller.startCall();
}, 300_000);
afterAll(async () => {
  await caller.close();
  await proxy.close();
  await server.stop();
}, 60_000);

/** Names of the server's ICE sessions, one per transport in use: new ones after a restart of ICE. */
function iceSessions(): Promise<string[]> {
  return caller.page.evaluate(() =>
    window.connections.flatMap(
      ({ remoteDescription }) => /a=ice-ufrag:(\S+)/.exec(remoteDescription?.sdp ?? '')?.[1] ?? [],
    ),
  );
}

describe('a page whose WebSocket is cut in the middle of a call', { timeout: 120_000 }, () => {
  it('says that it reconnects, finds its call again and restarts ICE', async () => {
    await caller.type('What is the capital of France?');
    expect((await caller.answer(1)).text).toMatch(/paris/i);
    const before = await iceSessions();
    expect(before).toHaveLength(2);
    proxy.cut();
    await caller.page.getByText('Reconnecting', { exact: true }).waitFor();
    proxy.mend();
    await caller.page.getByText('Listening', { exact: true }).waitFor();
    await until('both transports have new ICE sessions', async () => {
      const now = await iceSessions();
      return now.length === 2 && now.every((session) => !before.includes(session));
    });
    expect(await caller.problem.isVisible()).toBe(false);
  });

  it('hears and is heard on', async () => {
    const { length } = await caller.heard();
    await caller.type('How much is seven plus eight?');
    expect((await caller.answer(2)).text).toMatch(/fifteen/i);
    expect((await caller.heard()).length).toBeGreaterThan(length);
    expect((await caller.turns()).filter(({ speaker }) => speaker === 'agent')).toHaveLength(2);
  });

  it('frees its place at once when it is left', async () => {
    await caller.page.goto('about:blank');
    await until('the call is over', async () => (await server.metrics()).get('parley_calls') === 0);
    // Either the WebSocket or the sound tells first; that the page did not connect again in time is not found out yet.
    const ended = await server.metrics();
    const times = (reason: string) => ended.get(`parley_calls_ended_total{reason="${reason}"}`) ?? 0;
    expect(times('callerLeft') + times('mediaLost')).toBe(1);
    expect(server.errors).toEqual([]);
  });
});
