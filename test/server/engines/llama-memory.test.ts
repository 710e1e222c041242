import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LlamaLanguageModel } from '../../../server/engines/llama-language-model.js';
import { checkMemory, describeMemory, type MemoryPlan } from '../../../server/engines/llama-memory.js';
import { shapes, writeRandomModel } from '../../helpers/random-model.js';

/** Qwen3 4B for eight callers. */
const plan: MemoryPlan = {
  sequences: 8,
  contextTokens: 4096,
  batchTokens: 128,
  gpuLayers: 0,
  weights: 2_497_280_736,
  perToken: 147_456,
  keysAndValues: 8 * 4096 * 147_456,
  total: { ram: 7_500_000_000, card: 0 },
};

describe('the memory of a language model', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-memory-'));
  const path = join(folder, 'tiny.gguf');
  beforeAll(() => writeRandomModel(path, shapes.tiny));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is told before it is taken', async () => {
    const lines: string[] = [];
    const logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) });
    const model = await LlamaLanguageModel.load({
      path,
      sequences: 3,
      contextTokens: 512,
      threads: 1,
      logger,
    });
    await model.close();
    // 2 layers x 2 heads x (64 + 64) x 2 bytes for each token.
    expect(lines.join()).toMatch(
      /language model: weights 1 MB, keys and values 2 MB: 3 callers x 512 tokens x 1\.0 KiB/,
    );
  });

  it('that is not there is told with what would fit', () => {
    expect(describeMemory(plan)).toBe(
      'weights 2497 MB, keys and values 4832 MB: 8 callers x 4096 tokens x 144.0 KiB',
    );
    expect(() => checkMemory(plan, { ram: 8e9, card: 0 })).not.toThrow();
    expect(() => checkMemory(plan, { ram: 5e9, card: 0 })).toThrow(
      /The machine has 5000 MB free, and the language model needs 7500 MB .*languageModel\.sequences: 3 would fit/,
    );
    expect(() => checkMemory(plan, { ram: 2e9, card: 0 })).toThrow(/Choose a smaller model/);
    expect(() => checkMemory({ ...plan, total: { ram: 1e9, card: 7.5e9 } }, { ram: 8e9, card: 2e9 })).toThrow(
      /The graphics card has 2000 MB free.*gpuLayers/,
    );
  });

  it('is not even asked for when there is too little', async () => {
    await writeRandomModel(path, { ...shapes.tiny, layers: 40, width: 512, keyValueHeads: 8, heads: 8 });
    const huge = { path, sequences: 4096, contextTokens: 4096, threads: 1 };
    await expect(LlamaLanguageModel.load(huge)).rejects.toThrow(
      /The machine has \d+ MB free, and the language model needs \d+ MB/,
    );
  });

  it('says when the device that was asked for cannot be used', async () => {
    await writeRandomModel(path, shapes.tiny);
    const loading = LlamaLanguageModel.load({
      path,
      sequences: 1,
      contextTokens: 512,
      threads: 1,
      device: 'cuda',
    });
    // A machine with a graphics card can use it.
    const outcome = await loading.then(
      async (model) => {
        await model.close();
        return 'loaded';
      },
      (error: Error) => error.message,
    );
    expect(outcome).toMatch(/^loaded$|languageModel\.device: cuda cannot be used: .*npm run models -- gpu/s);
  });
});
