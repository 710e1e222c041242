import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { loadConfig, type Config } from '../../../server/config.js';
import { conversation } from '../../../server/doctor/conversation.js';
import type { Finding, Part } from '../../../server/doctor/finding.js';
import { models } from '../../../server/doctor/models.js';
import { ports } from '../../../server/doctor/ports.js';

async function findings(part: Part, environment: NodeJS.ProcessEnv): Promise<Finding[]> {
  const found: Finding[] = [];
  const config: Config = loadConfig(environment);
  for await (const finding of part.examine(config)) found.push(finding);
  return found;
}

it('tells ports that are taken, by TCP and by UDP', async () => {
  const http = createServer().listen(0, '127.0.0.1');
  const sound = createSocket('udp4').bind(0, '127.0.0.1');
  await Promise.all([once(http, 'listening'), once(sound, 'listening')]);
  const port = (http.address() as AddressInfo).port;
  const media = sound.address().port;
  const found = await findings(ports, {
    PORT: String(port),
    PARLEY_MEDIA_PORT: String(media),
    PARLEY_MEDIA_WORKERS: '1',
  });
  http.close();
  sound.close();
  const bad = found.filter(({ state }) => state === 'bad').map(({ what }) => what);
  expect(bad).toEqual([
    expect.stringContaining(`TCP port ${port} on 127.0.0.1 (page and signalling) is taken`) as string,
    expect.stringContaining(`UDP port ${media} on 127.0.0.1 (sound) is taken`) as string,
  ]);
  expect(found.at(-1)?.what).toMatch(/only for browsers on this machine/);
});

it('tells models that are not here, and what fetches them', async () => {
  expect((await findings(models, {})).every(({ state }) => state === 'good')).toBe(true);
  const missing = await findings(models, { PARLEY_MODELS_PROFILE: 'gpu', PARLEY_MODELS_FOLDER: '/nowhere' });
  expect(missing.map(({ advice }) => advice)).toContain('npm run models -- pull qwen3-4b-instruct-2507');
});

it('has the configured models speak, hear and answer', async () => {
  const found = await findings(conversation, {});
  const text = found.map(({ what }) => what).join('\n');
  expect(text).toMatch(/flite \(slt\): first sound after \d+ ms/);
  expect(text).toMatch(/pocketsphinx: words \d+ ms after the end of speech, \d+ of 12 wrong: ".*hello/);
  expect(text).toMatch(/llama\.cpp: first words after \d+ ms, then .* words\/s: "\w/);
  expect(found.filter(({ state }) => state === 'bad')).toEqual([]);
}, 120_000);
