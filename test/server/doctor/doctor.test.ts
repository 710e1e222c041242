import { expect, it } from 'vitest';
import { loadConfig, type Config } from '../../../server/config.js';
import { conversation } from '../../../server/doctor/conversation.js';
import type { Finding, Part } from '../../../server/doctor/finding.js';
import { machine } from '../../../server/doctor/machine.js';
import { models } from '../../../server/doctor/models.js';
import { cudaFault } from '../../../server/engines/onnx/cuda-probe.js';

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

it('tells whether models of ONNX can compute on a card, where one is asked for', async () => {
  const works = (await cudaFault()) === undefined;
  const told = async (device: string) =>
    (await findings(machine, { PARLEY_SYNTHESIZER_DEVICE: device })).filter(({ what }) => /ONNX/.test(what));
  expect(await told('cpu')).toEqual([]);
  expect(await told('auto')).toMatchObject([{ state: works ? 'good' : 'note' }]);
  const [strict] = await told('cuda');
  expect(strict?.state).toBe(works ? 'good' : 'bad');
  if (!works) expect(strict?.what).toContain('synthesizer.device is cuda');
}, 120_000);

it('has the configured models speak, hear and answer', async () => {
  const found = await findings(conversation, {});
  const text = found.map(({ what }) => what).join('\n');
  expect(text).toMatch(/flite \(slt\): first sound after \d+ ms/);
  expect(text).toMatch(/pocketsphinx: words \d+ ms after the end of speech, \d+ of 12 wrong: ".*hello/);
  expect(text).toMatch(/llama\.cpp: first words after \d+ ms, then .* words\/s: "\w/);
  expect(found.filter(({ state }) => state === 'bad')).toEqual([]);
}, 120_000);
