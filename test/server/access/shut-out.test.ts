import { once } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { CallerLimits } from '../../../server/access/caller-limits.js';
import { addressReader, peerReader } from '../../../server/access/client-address.js';
import { loadConfig } from '../../../server/config.js';
import { Refusals } from '../../../server/observability/refusals.js';
import { Doorkeeper } from '../../../server/signalling/doorkeeper.js';
import { guardConnections, ShutOut } from '../../../server/access/shut-out.js';

const limits = { shutOutAfter: 3, shutOutSeconds: 60 };

function counting(given = limits): { shutOut: ShutOut; refused: string[] } {
  const refused: string[] = [];
  return { shutOut: new ShutOut(given, (reason, address) => refused.push(`${reason} ${address}`)), refused };
}

describe('addresses that misbehave', () => {
  it('are shut out after some connections that were cut off, for a while, and counted', () => {
    const { shutOut, refused } = counting();
    shutOut.wasCut('a', 0);
    shutOut.wasCut('a', 0);
    expect(shutOut.admits('a', 0)).toBe(true);
    shutOut.wasCut('a', 0);
    expect(shutOut.admits('a', 0)).toBe(false);
    expect(shutOut.admits('a', 59_999)).toBe(false);
    expect(shutOut.admits('b', 0)).toBe(true);
    expect(refused).toEqual(['shutOut a', 'shutOut a']);
    expect(shutOut.admits('a', 60_000)).toBe(true);
    expect(shutOut.size).toBe(0);
    // A single one more is not enough again.
    shutOut.wasCut('a', 60_000);
    expect(shutOut.admits('a', 60_000)).toBe(true);
  });

  it('are not shut out for what is long ago, nor for few refusals', () => {
    const { shutOut } = counting();
    for (const minute of [0, 1, 2, 3, 4, 5]) shutOut.wasCut('a', minute * 60_000);
    expect(shutOut.admits('a', 300_000)).toBe(true);
    for (let count = 0; count < 299; count++) shutOut.refused('b', 0);
    expect(shutOut.admits('b', 0)).toBe(true);
    shutOut.refused('b', 0);
    expect(shutOut.admits('b', 0)).toBe(false);
  });

  it('are never shut out where the configuration says so', () => {
    const { shutOut } = counting({ ...limits, shutOutSeconds: 0 });
    for (let count = 0; count < 100; count++) shutOut.wasCut('a', 0);
    expect(shutOut.admits('a', 0)).toBe(true);
  });

  it('are remembered in bounded memory', () => {
    const { shutOut } = counting({ shutOutAfter: 1, shutOutSeconds: 60 });
    for (let address = 0; address < 30_000; address++) shutOut.wasCut(String(address), 0);
    expect(shutOut.size).toBeLessThanOrEqual(10_000);
    for (let address = 0; address < 30_000; address++) shutOut.refused(`x${address}`, 0);
    expect(shutOut.size).toBeLessThanOrEqual(20_000);
    expect(shutOut.admits('29999', 0)).toBe(false);
  });
});

describe('behind a trusted proxy', () => {
  it('the address that the proxy names is refused, and no other', () => {
    const { shutOut, refused } = counting();
    const access = {
      addressOf: addressReader(['127.0.0.1']),
      checkRequest: () => undefined,
      grant: () => Promise.reject(new Error('not asked')),
    };
    const { limits: doorLimits } = loadConfig({});
    const refusals = new Refusals({ refused: () => undefined }, pino({ level: 'silent' }));
    const door = new Doorkeeper(access, new CallerLimits(doorLimits), shutOut, refusals);
    const by = (address: string) =>
      ({
        headers: { 'x-forwarded-for': address },
        socket: { remoteAddress: '127.0.0.1' },
      }) as unknown as IncomingMessage;
    expect(door.mayConnect(by('203.0.113.9'))).toBe(true);
    for (let count = 0; count < 3; count++) door.brokeFraming(by('203.0.113.9'));
    expect(door.mayConnect(by('203.0.113.9'))).toBe(false);
    expect(door.mayConnect(by('203.0.113.10'))).toBe(true);
    expect(refused).toEqual(['shutOut 203.0.113.9']);
  });
});

describe('a guarded server', () => {
  it('closes a connection before it reads a request', async () => {
    let requests = 0;
    const server = createServer((_, response) => {
      requests++;
      response.end('well');
    });
    let open = true;
    guardConnections(server, () => open);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const ask = () =>
      new Promise<string>((resolve) => {
        get(url, { agent: false }, (response) => {
          response.resume();
          resolve(String(response.statusCode));
        }).on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
      });
    expect(await ask()).toBe('200');
    open = false;
    expect(await ask()).toBe('ECONNRESET');
    expect(requests).toBe(1);
    server.close();
    await once(server, 'close');
  });
});

describe('who is at the other end of a connection', () => {
  it('is its address; behind a trusted proxy it may be anybody', () => {
    const peerOf = peerReader(['10.0.0.0/8']);
    expect(peerOf({ remoteAddress: '::ffff:192.0.2.7' })).toBe('192.0.2.7');
    expect(peerOf({ remoteAddress: '2001:db8:1:2:3::4' })).toBe('2001:db8:1:2::/64');
    expect(peerOf({ remoteAddress: '10.1.2.3' })).toBeUndefined();
  });
});
