import { expect, it } from 'vitest';
import { loadConfig, type Config } from '../../../server/config.js';
import { conversation } from '../../../server/doctor/conversation.js';
import type { Finding, Part } from '../../../server/doctor/finding.js';
import { models } from '../../../server/doctor/models.js';

async function findings(part: Part, environment: NodeJS.ProcessEnv): Promise<Finding[]> {
  const found: Finding[] = [];
  const config: Config = loadConfig(environment);
  for await (const finding of part.examine(config)) found.push(finding);
  return found;
}

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
