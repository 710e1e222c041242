import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadConfig, type Config } from '../../../server/config.js';
import { conversation } from '../../../server/doctor/conversation.js';
import type { Finding, Part } from '../../../server/doctor/finding.js';
import { machine } from '../../../server/doctor/machine.js';
import { memory } from '../../../server/doctor/memory.js';
import { models } from '../../../server/doctor/models.js';
import { cudaFault } from '../../../server/engines/onnx/cuda-probe.js';
import { shapes, writeRandomModel } from '../../helpers/random-model.js';

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

it('judges the memory by the models that are chosen', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-doctor-'));
  const told = (profile: string, free: number, more: NodeJS.ProcessEnv = {}) =>
    memory(
      loadConfig({ PARLEY_MODELS_PROFILE: profile, PARLEY_MODELS_FOLDER: join(folder, 'models'), ...more }),
      free,
    );
  try {
    expect(await told('pocket', 1e9)).toMatchObject({
      state: 'good',
      what: expect.stringMatching(/^1\.0 GB of memory are free, .*pocketsphinx 0\.3 GB, measured/) as string,
    });
    // 2.5 GB of weights alone, as the catalogue says.
    const card = await told('gpu', 1e9);
    expect(card.state).toBe('bad');
    expect(card.what).toMatch(/qwen3-4b-instruct-2507 2\.5 GB, its file without what callers take/);
    expect(card.advice).toContain('languageModel.sequences');
    expect(await told('gpu', 8e9)).toMatchObject({ state: 'good' });
    expect((await told('cpu', 8e9)).what).toMatch(/; pocket-tts besides, of unknown size until fetched/);
    // Of a file that is here, what its callers take as well: 512 bytes x 2 layers x 4096 tokens x 256 callers.
    mkdirSync(join(folder, 'models'));
    const path = join(folder, 'tiny.gguf');
    await writeRandomModel(path, shapes.tiny);
    const many = await told('pocket', 1e9, {
      PARLEY_LANGUAGE_MODEL_MODEL: path,
      PARLEY_LANGUAGE_MODEL_SEQUENCES: '256',
      PARLEY_LANGUAGE_MODEL_CONTEXT_TOKENS: '4096',
    });
    expect(many.state).toBe('bad');
    expect(many.what).toMatch(/tiny [1-9]\.\d GB, computed for 256 callers/);
  } finally {
    rmSync(folder, { recursive: true });
  }
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
