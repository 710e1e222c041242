/** Against a stand-in for the instance metadata service that, as the real one with version 2 required, wants its token. */
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { loadConfig } from '../../../server/config.js';
import { InstanceMetadata } from '../../../server/ec2/instance-metadata.js';
import { addressToAnnounce } from '../../../server/ec2/public-address.js';
import { watchSpotNotice } from '../../../server/ec2/spot-notice.js';
import { until } from '../../helpers/until.js';

let server: Server;
let url: string;
let tokens = 0;
const items = new Map<string, string>();
const log = pino({ level: 'silent' });

beforeAll(async () => {
  server = createServer(({ method, url: path, headers }, response) => {
    if (path === '/latest/api/token') {
      const ttl = Number(headers['x-aws-ec2-metadata-token-ttl-seconds']);
      if (method !== 'PUT' || !(ttl > 0) || headers['x-forwarded-for']) return response.writeHead(403).end();
      return response.end(`token-${++tokens}`);
    }
    if (headers['x-aws-ec2-metadata-token'] !== `token-${tokens}`) return response.writeHead(401).end();
    const item = items.get(path ?? '');
    if (item === undefined) return response.writeHead(404).end();
    if (item.startsWith('http')) return response.writeHead(302, { location: item }).end();
    return response.end(item);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  items.clear();
  tokens = 0;
});
afterAll(() => server.close());

it('reads items with one token', async () => {
  items.set('/latest/meta-data/instance-type', 'g5.xlarge\n');
  const metadata = new InstanceMetadata(url);
  expect(await metadata.read('meta-data/instance-type')).toBe('g5.xlarge');
  expect(await metadata.read('meta-data/nothing')).toBeUndefined();
  expect(tokens).toBe(1);
});

it('takes a new token when the old one is refused, and follows nobody elsewhere', async () => {
  items.set('/latest/meta-data/elsewhere', 'http://127.0.0.1:9/');
  const metadata = new InstanceMetadata(url);
  await metadata.read('meta-data/x');
  tokens++;
  await expect(metadata.read('meta-data/x')).rejects.toThrow(/401/);
  expect(await metadata.read('meta-data/x')).toBeUndefined();
  await expect(metadata.read('meta-data/elsewhere')).rejects.toThrow();
});

it('tells the address to announce', async () => {
  const settings = { PARLEY_EC2_ANNOUNCE_PUBLIC_ADDRESS: 'true', PARLEY_EC2_METADATA_URL: url };
  await expect(addressToAnnounce(loadConfig(settings))).rejects.toThrow(/Elastic IP/);
  items.set('/latest/meta-data/public-ipv4', '203.0.113.7');
  expect(await addressToAnnounce(loadConfig(settings))).toBe('203.0.113.7');
  const configured = { ...settings, PARLEY_MEDIA_ANNOUNCED_ADDRESS: '198.51.100.1' };
  expect(await addressToAnnounce(loadConfig(configured))).toBe('198.51.100.1');
  expect(await addressToAnnounce(loadConfig({}))).toBe('');
  const nobody = { ...settings, PARLEY_EC2_METADATA_URL: 'http://127.0.0.1:9' };
  await expect(addressToAnnounce(loadConfig(nobody))).rejects.toThrow(/does not answer. Is this an EC2/);
});

it('tells of the spot notice once', async () => {
  const notices: unknown[] = [];
  const stop = watchSpotNotice(new InstanceMetadata(url), (notice) => notices.push(notice), log, 5);
  await until('it is asked for', () => tokens > 0);
  expect(notices).toEqual([]);
  const notice = { action: 'terminate', time: '2026-11-21T08:22:00Z' };
  items.set('/latest/meta-data/spot/instance-action', JSON.stringify(notice));
  await until('the notice', () => notices.length > 0);
  expect(notices).toEqual([notice]);
  stop();
});
