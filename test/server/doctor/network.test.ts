import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { loadConfig } from '../../../server/config.js';
import type { Finding } from '../../../server/doctor/finding.js';
import { network } from '../../../server/doctor/network.js';

async function findings(environment: NodeJS.ProcessEnv): Promise<Finding[]> {
  const found: Finding[] = [];
  for await (const finding of network.examine(
    loadConfig({ PORT: '0', PARLEY_MEDIA_PORT: '0', ...environment }),
  ))
    found.push(finding);
  return found;
}

const whats = (found: Finding[], state: Finding['state']) =>
  found.filter((finding) => finding.state === state).map(({ what }) => what);

it('finds nothing bad on a machine of its own', async () => {
  expect(whats(await findings({}), 'bad')).toEqual([]);
});

it('names ports that are taken, and an address that is not there', async () => {
  const tcp = createServer().listen(0, '127.0.0.1');
  await once(tcp, 'listening');
  const { port } = tcp.address() as AddressInfo;
  try {
    const found = whats(await findings({ PORT: String(port), PARLEY_MEDIA_PORT: String(port) }), 'bad');
    expect(found.filter((what) => what.includes('EADDRINUSE'))).toHaveLength(2);
  } finally {
    tcp.close();
  }
  const absent = await findings({ PARLEY_MEDIA_LISTEN_ADDRESS: '203.0.113.7', PARLEY_MEDIA_PORT: '45000' });
  expect(whats(absent, 'bad').join()).toMatch(/203\.0\.113\.7:45000 cannot be had.*EADDRNOTAVAIL/);
});

it('says what stands in the way of callers from outside', async () => {
  const open = await findings({ HOST: '0.0.0.0', PARLEY_MEDIA_ANNOUNCED_ADDRESS: '127.0.0.1' });
  expect(whats(open, 'bad')).toEqual([
    expect.stringContaining('there are no keys'),
    expect.stringContaining('their own machine'),
  ]);
  const inside = await findings({
    HOST: '0.0.0.0',
    PARLEY_MEDIA_ANNOUNCED_ADDRESS: '10.1.2.3',
    PARLEY_MEDIA_PORT: '45002',
  });
  expect(whats(inside, 'note').join()).toMatch(/10\.1\.2\.3 .*only its own network/);
  const group = inside.find(({ what }) => what.includes('security group'));
  expect(group?.advice).toMatch(/--protocol udp --port 45002/);
  const turn = await findings({ PARLEY_ICE_TURN_URLS: 'turn:127.0.0.1:9', PARLEY_ICE_TURN_SECRET: 's' });
  expect(whats(turn, 'bad').join()).toMatch(/turn:127\.0\.0\.1:9 takes no TCP/);
});

it('compares what is announced with what a STUN server sees', async () => {
  const stun = createSocket('udp4');
  stun.on('message', (request, { address, port }) => {
    const answer = Buffer.alloc(32);
    request.copy(answer, 4, 4, 20);
    answer.writeUInt16BE(0x0101, 0);
    answer.writeUInt16BE(12, 2);
    answer.writeUInt16BE(0x0020, 20);
    answer.writeUInt16BE(8, 22);
    answer.writeUInt8(1, 25);
    answer.writeUInt16BE(port ^ 0x2112, 26);
    address
      .split('.')
      .forEach((byte, index) => (answer[28 + index] = Number(byte) ^ (request[4 + index] ?? 0)));
    stun.send(answer, port, address);
  });
  stun.bind(0, '127.0.0.1');
  await once(stun, 'listening');
  const server = { PARLEY_ICE_STUN_SERVER: `127.0.0.1:${stun.address().port}`, PARLEY_MEDIA_PORT: '45004' };
  try {
    expect(whats(await findings(server), 'good').join()).toMatch(
      /media port is 127\.0\.0\.1:45004, as announced/,
    );
    const other = await findings({ ...server, PARLEY_MEDIA_ANNOUNCED_ADDRESS: '203.0.113.7' });
    expect(whats(other, 'bad').join()).toMatch(/is 127\.0\.0\.1, but 203\.0\.113\.7 is announced/);
  } finally {
    stun.close();
  }
  expect(whats(await findings(server), 'bad').join()).toMatch(/does not answer by UDP/);
});
