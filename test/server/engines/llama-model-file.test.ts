import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { LlamaLanguageModel } from '../../../server/engines/llama-language-model.js';
import { ModelUnusableError } from '../../../server/errors.js';
import { pocketModel } from './pocket-model.js';

describe('a model file', () => {
  let folder: string;
  let whole: Buffer;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parley-gguf-'));
    whole = await readFile(pocketModel.path);
  });

  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  async function loading(content: Buffer): Promise<unknown> {
    const path = join(folder, 'model.gguf');
    await writeFile(path, content);
    return failureOf(path);
  }

  async function failureOf(path: string): Promise<unknown> {
    const outcome = await LlamaLanguageModel.load({ ...pocketModel, path }).then(
      async (model) => {
        await model.close();
        return 'loaded';
      },
      (error: unknown) => error,
    );
    if (outcome instanceof Error) expect(outcome.message).toContain(path);
    return outcome;
  }

  it('that is cut anywhere is called incomplete or damaged', async () => {
    for (const length of [4, 20, 1000, 40_000, whole.length >> 1, whole.length - 1]) {
      const error = await loading(whole.subarray(0, length));
      expect(error, `${length} bytes`).toBeInstanceOf(ModelUnusableError);
      expect((error as Error).message).toMatch(/incomplete|damaged/);
    }
  });

  it('that promises more than it can hold is called damaged, and is not read on', async () => {
    const header = Buffer.concat([whole.subarray(0, 8), Buffer.alloc(16, 0xff)]);
    for (const content of [header, Buffer.concat([header, whole.subarray(24)])])
      expect(await loading(content)).toMatchObject({ message: expect.stringMatching(/damaged/) as string });
  });

  it('that is no GGUF file is called so', async () => {
    for (const content of ['', 'GG', 'version https://git-lfs.github.com/spec/v1\n']) {
      const error = await loading(Buffer.from(content));
      expect(error).toBeInstanceOf(ModelUnusableError);
      expect((error as Error).message).toContain('not a GGUF file');
    }
  });

  it('with a nonsensical header is called damaged', async () => {
    const broken = Buffer.from(whole);
    broken.fill(0xff, 8, 64);
    expect(await loading(broken)).toBeInstanceOf(ModelUnusableError);
  });

  it('that is missing or a folder says what to set', async () => {
    expect(await failureOf(join(folder, 'nothing.gguf'))).toMatchObject({
      code: 'modelUnusable',
      message: expect.stringContaining('languageModel.model') as string,
    });
    expect(await failureOf(folder)).toBeInstanceOf(ModelUnusableError);
  });
});
