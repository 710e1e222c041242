import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../../server/config.js';
import { ConfigurationError } from '../../../server/errors.js';
import { loadOperatorTools } from '../../../server/tools/operator-tools.js';

const folder = mkdtempSync(join(tmpdir(), 'parley-tools-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;

function load(source: string) {
  const path = join(folder, `tools-${files++}.mjs`);
  writeFileSync(path, source);
  return loadOperatorTools(loadConfig({ PARLEY_TOOLS_MODULE: path }).tools);
}

describe("the operator's functions", () => {
  it('are none unless a module is named', async () => {
    expect(await loadOperatorTools(loadConfig({}).tools)).toEqual([]);
  });

  it('come from the module, and are checked when they are called', async () => {
    const [tool] = await load(`export default [{
      name: 'add', description: 'Adds two numbers.',
      parameters: { type: 'object', properties: { a: { type: 'number' }, b: { type: 'number' } }, required: ['a', 'b'] },
      async run({ a, b }) { return { sum: a + b }; },
    }]`);
    const { signal } = new AbortController();
    expect(tool?.name).toBe('add');
    expect(await tool?.run({ a: 2, b: 3 }, signal)).toEqual({ sum: 5 });
    await expect(tool?.run({ a: 2 }, signal)).rejects.toThrow(/b: /);
  });

  const run = 'run: async () => null';
  it.each([
    ['syntax error', 'export default [', /cannot be loaded/],
    ['no list', 'export default {}', /must be a list/],
    ['no function', "export default [{ name: 'a', description: 'b' }]", /function 0: run: a function/],
    ['bad name', `export default [{ name: 'a b', description: 'c', ${run} }]`, /function 0: name: /],
    [
      'two of one name',
      `const one = { name: 'a', description: 'b', ${run} }; export default [one, one]`,
      /two functions called a/,
    ],
    [
      'bad schema',
      `export default [{ name: 'a', description: 'b', ${run},
        parameters: { type: 'object', properties: { x: { type: 'y' } } } }]`,
      /function 0 \(a\): parameters: .*y/,
    ],
  ])('are refused with the place of the mistake: %s', async (_, source, why) => {
    const failure = await load(source).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ConfigurationError);
    expect((failure as Error).message).toMatch(/^tools\.module: .*tools-\d+\.mjs: /);
    expect((failure as Error).message).toMatch(why);
  });
});
