/** `npm run models` as people run it, on a copy of Parley whose catalogue is filled from a hub on this machine. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { projectRoot } from '../../../server/project-root.js';
import type { Entry } from '../../../server/models/catalogue-entry.js';
import { catalogue } from '../../../server/models/catalogue.js';
import { configuredModels } from '../../../server/models/configured-models.js';
import { loadConfig } from '../../../server/config.js';
import { LocalHub, sha256 } from '../../helpers/local-hub.js';
import { Random } from '../../helpers/random.js';
import { randomBytes } from '../../helpers/random-bytes.js';

/** Bytes of the largest file of a profile; the others are as large beside it as the real ones are beside theirs. */
const largest = 4_000_000;

describe('npm run models', () => {
  let hub: LocalHub;
  let home: string;
  let models: string;
  let expected: Map<string, Buffer>;

  beforeAll(async () => {
    hub = await LocalHub.start();
    home = mkdtempSync(join(tmpdir(), 'parley-models-'));
    models = join(home, 'fetched');
    for (const part of ['dist', 'config'])
      cpSync(join(projectRoot(), part), join(home, part), { recursive: true });
    cpSync(join(projectRoot(), 'package.json'), join(home, 'package.json'));
    symlinkSync(join(projectRoot(), 'node_modules'), join(home, 'node_modules'));
    expected = fillCatalogue(hub, join(home, 'models/catalogue'));
  });
  afterAll(async () => {
    await hub.close();
    rmSync(home, { recursive: true });
  });

  function start(...args: string[]): ChildProcess {
    return spawn(process.execPath, [join(home, 'dist/server/models/main.js'), ...args], {
      cwd: home,
      env: {
        PATH: process.env['PATH'],
        HOME: home,
        HF_ENDPOINT: hub.endpoint,
        HF_TOKEN: 'hf_secret',
        PARLEY_MODELS_FOLDER: models,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  async function run(...args: string[]): Promise<{ code: number | null; text: string }> {
    const child = start(...args);
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, text };
  }

  /** Every file of the profile is what the hub has, and nothing else lies beside them. */
  function expectAllRight(): void {
    for (const [path, content] of expected)
      expect(sha256(readFileSync(join(models, path))), path).toBe(sha256(content));
    const lying = readdirSync(models, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.includes('.part'),
    );
    expect(lying).toEqual([]);
  }

  it('pull, killed ten times at random, ends with every file right', async () => {
    const chance = new Random(11);
    for (const behaviour of hub.behaviour.values()) behaviour.slowly = 2_000;
    let kills = 0;
    for (let round = 0; round < 10; round++) {
      const child = start('pull', 'cpu');
      const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
      const asked = hub.asked.length;
      // Random in the transfer, not in the start of the process: so many bytes after its first request.
      while (hub.asked.length === asked && child.exitCode === null)
        await new Promise((done) => setTimeout(done, 5));
      await new Promise((done) => setTimeout(done, chance.next() * 300));
      child.kill('SIGKILL');
      const [, signal] = await closed;
      if (signal === 'SIGKILL') kills++;
    }
    expect(kills).toBe(10);
    for (const behaviour of hub.behaviour.values()) delete behaviour.slowly;
    expect(await run('pull', 'cpu')).toMatchObject({ code: 0 });
    expectAllRight();
    expect(hub.asked.some(({ range }) => range !== undefined)).toBe(true);
    const shown = hub.asked
      .filter(({ authorization }) => authorization !== undefined)
      .map(({ host }) => host);
    expect(new Set(shown)).toEqual(new Set(['hub']));
  }, 240_000);

  it('pull, run twice at once, fetches everything once', async () => {
    rmSync(models, { recursive: true, force: true });
    hub.asked.length = 0;
    const both = await Promise.all([run('pull', 'cpu'), run('pull', 'cpu')]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expectAllRight();
    const fetched = hub.asked
      .filter(({ host, method }) => host === 'store' && method === 'GET')
      .map(({ path }) => path);
    expect(new Set(fetched).size).toBe(fetched.length);
  }, 120_000);

  it('verify finds a byte that is wrong, and pull mends it', async () => {
    expect(await run('verify', 'cpu')).toMatchObject({ code: 0 });
    const [path = ''] = expected.keys();
    const bytes = readFileSync(join(models, path));
    bytes[0] = (bytes[0] ?? 0) ^ 1;
    writeFileSync(join(models, path), bytes);
    expect(await run('verify')).toMatchObject({ code: 1 });
    const named = await run('verify', 'cpu');
    expect(named).toMatchObject({ code: 1 });
    expect(named.text).toMatch(/has the SHA-256 .* Mend it with: npm run models -- pull /);
    expect(await run('pull', 'cpu')).toMatchObject({ code: 0 });
    expectAllRight();
  }, 120_000);

  it('list tells what is here, remove deletes', async () => {
    const [id = ''] = [...expected.keys()].map((path) => path.split('/')[0]);
    const line = (text: string) => text.split('\n').find((row) => row.includes(` ${id} `)) ?? '';
    expect(line((await run('list')).text)).toMatch(/ yes /);
    expect(await run('remove', id)).toMatchObject({ code: 0 });
    expect(existsSync(join(models, id))).toBe(false);
    expect(line((await run('list')).text)).toMatch(/ no /);
    expect((await run('remove', id)).text).toMatch(/is not here/);
  }, 120_000);

  it('asks for agreement where the licence does, and says what it does not know', async () => {
    const refused = await run('pull', 'llama-3.2-1b-instruct');
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.text).toMatch(/Llama 3\.2 Community License .*pull llama-3\.2-1b-instruct --accept/);
    expect((await run('pull', 'nobody')).text).toMatch(/there is no model "nobody"\. Models: .*qwen3-0\.6b/);
    expect((await run('fetch')).text).toMatch(/where COMMAND is one of/);
  }, 60_000);
});

/**
 * Writes a catalogue like ours, of files of other sizes, and puts them on the hub.
 * @returns the files of the profile `cpu` by their place in the models' folder.
 */
function fillCatalogue(hub: LocalHub, folder: string): Map<string, Buffer> {
  mkdirSync(folder, { recursive: true });
  const expected = new Map<string, Buffer>();
  const profile = Object.values(configuredModels(loadConfig({ PARLEY_MODELS_PROFILE: 'cpu' })));
  let seed = 1;
  for (const { id } of catalogue()) {
    const entry = parse(readFileSync(join(projectRoot(), `models/catalogue/${id}.yaml`), 'utf8')) as Entry;
    for (const file of entry.files) {
      if ('local' in file) continue;
      const real = file.size ?? 50_000_000;
      const content = randomBytes(Math.max(100, Math.round((real / 1.2e9) * largest)), seed++);
      const known = hub.add((file.hub ?? entry.hub)?.repository ?? '', file.path, content);
      // What the real catalogue does not know is not known here either.
      if (file.size !== undefined) file.size = known.size;
      if (file.sha256 !== undefined) file.sha256 = known.sha256;
      if (profile.some((model) => model?.id === id))
        expected.set(join(id, file.name ?? file.path.slice(file.path.lastIndexOf('/') + 1)), content);
    }
    if (entry.hub) delete entry.hub.mirror;
    writeFileSync(join(folder, `${id}.yaml`), stringify(entry));
  }
  return expected;
}
