import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { addressReader, isLoopback, wasForwarded } from '../../../server/access/client-address.js';

function request(remoteAddress: string, headers: Record<string, string> = {}): IncomingMessage {
  return { socket: { remoteAddress }, headers } as unknown as IncomingMessage;
}

describe('the address of a client', () => {
  const direct = addressReader([]);
  const proxied = addressReader(['127.0.0.1', '10.0.0.0/8', 'fd00::/8']);

  it.each([
    ['203.0.113.9', '203.0.113.9'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['2001:db8:0:1:aaaa::1', '2001:db8:0:1::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ])('%s counts as %s', (remote, counted) => {
    expect(direct(request(remote))).toBe(counted);
  });

  it('is what a trusted proxy says, and nobody else', () => {
    const forwarded = { 'x-forwarded-for': '198.51.100.1' };
    expect(direct(request('127.0.0.1', forwarded))).toBe('127.0.0.1');
    expect(proxied(request('127.0.0.1', forwarded))).toBe('198.51.100.1');
    expect(proxied(request('192.0.2.5', forwarded))).toBe('192.0.2.5');
    expect(proxied(request('fd00::5', forwarded))).toBe('198.51.100.1');
  });

  it('is the last one that no trusted proxy added: what stands before may be invented', () => {
    const invented = { 'x-forwarded-for': '8.8.8.8, 198.51.100.1, 10.1.2.3' };
    expect(proxied(request('127.0.0.1', invented))).toBe('198.51.100.1');
    expect(proxied(request('127.0.0.1', { 'x-forwarded-for': 'nonsense' }))).toBe('127.0.0.1');
    expect(proxied(request('127.0.0.1'))).toBe('127.0.0.1');
  });

  it('wants addresses of proxies', () => {
    for (const wrong of ['proxy.example.org', '10.0.0.0/33', '10.0.0.0/x', ''])
      expect(() => addressReader([wrong])).toThrow(/access\.trustedProxies/);
  });
});

describe('this machine', () => {
  it('is told from others', () => {
    for (const host of ['localhost', 'LOCALHOST', '127.0.0.1', '127.8.9.1', '::1', '[::1]'])
      expect(isLoopback(host), host).toBe(true);
    for (const host of ['0.0.0.0', '::', '10.0.0.1', 'localhost.example.org', '127.example.org', ''])
      expect(isLoopback(host), host).toBe(false);
  });

  it('is not where a proxy asks from', () => {
    expect(wasForwarded(request('127.0.0.1'))).toBe(false);
    for (const header of ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via'])
      expect(wasForwarded(request('127.0.0.1', { [header]: 'x' })), header).toBe(true);
  });
});
