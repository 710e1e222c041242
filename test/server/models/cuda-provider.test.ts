import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fetchProvider, hasProvider, nugetIndex } from '../../../server/models/cuda-provider.js';
import { DownloadError } from '../../../server/models/download-error.js';
import { setUpGpu } from '../../../server/models/gpu.js';
import { LocalHub, type Behaviour } from '../../helpers/local-hub.js';
import { randomBytes } from '../../helpers/random-bytes.js';
import { zip } from '../../helpers/zip-writer.js';

const never = new AbortController().signal;
const name = 'microsoft.ml.onnxruntime.gpu.linux';
const contentsPath = `${name}/1.2.3/${name}.1.2.3.nupkg`;
const native = 'runtimes/linux-x64/native';
const cuda = randomBytes(300_000, 1);
const shared = randomBytes(20_000, 2);
const archive = zip({
  'package.nuspec': Buffer.from('<package/>'),
  [`${native}/libonnxruntime_providers_shared.so`]: shared,
  [`${native}/libonnxruntime_providers_cuda.so`]: cuda,
});

describe("ONNX Runtime's CUDA provider", () => {
  let source: LocalHub;
  let folder: string;
  let home: string;
  let bin: string;
  let said: string[];

  beforeEach(async () => {
    source = await LocalHub.start();
    folder = mkdtempSync(join(tmpdir(), 'parley-provider-'));
    home = join(folder, 'onnxruntime-node');
    bin = join(home, 'bin/napi-v6/linux/x64');
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(home, 'package.json'), JSON.stringify({ version: '1.2.3' }));
    said = [];
  });
  afterEach(async () => {
    await source.close();
    rmSync(folder, { recursive: true });
  });

  /** A NuGet source with the package. */
  function publish(content: Buffer, behaviour: Behaviour = {}, { sums = true } = {}): void {
    const { store } = source;
    const json = (path: string, value: unknown) =>
      source.add('nuget', path, Buffer.from(JSON.stringify(value)));
    json('index.json', {
      version: '3.0.0',
      resources: [
        { '@id': `${store}/nuget/contents/`, '@type': 'PackageBaseAddress/3.0.0' },
        ...(sums ? [{ '@id': `${store}/nuget/registered/`, '@type': 'RegistrationsBaseUrl' }] : []),
      ],
    });
    json(`registered/${name}/1.2.3.json`, { catalogEntry: `${store}/nuget/catalog/package.json` });
    json('catalog/package.json', {
      packageHash: createHash('sha512').update(content).digest('base64'),
      packageHashAlgorithm: 'SHA512',
      packageSize: content.length,
    });
    source.add('nuget', `contents/${contentsPath}`, content, behaviour);
  }

  function places() {
    const index = new URL(`${source.store}/nuget/index.json`);
    return { home, downloads: join(folder, 'downloads'), index, print: (line: string) => said.push(line) };
  }

  function expectFetched(): void {
    expect(readFileSync(join(bin, 'libonnxruntime_providers_cuda.so')).equals(cuda)).toBe(true);
    expect(readFileSync(join(bin, 'libonnxruntime_providers_shared.so')).equals(shared)).toBe(true);
    expect(readdirSync(bin)).toHaveLength(2);
    expect(hasProvider(home)).toBe(true);
    expect(readdirSync(join(folder, 'downloads')).filter((file) => file.includes('nupkg'))).toEqual([]);
  }

  it('is fetched from a source that cuts connections, and goes on where it has stopped', async () => {
    publish(archive, { cutAfter: 100_000, cutTimes: 2 });
    await fetchProvider(places(), never);
    expectFetched();
    const [first, ...others] = source.asksFor('.nupkg').map(({ range }) => range);
    expect(first).toBeUndefined();
    expect(others).toHaveLength(2);
    for (const range of others) expect(range).toMatch(/^bytes=[1-9]\d*-$/);
    source.asked.length = 0;
    await fetchProvider(places(), never);
    expect(source.asked).toEqual([]);
  });

  it('goes on in a later run where it was stopped', async () => {
    publish(archive, { slowly: 1_000 });
    const stop = new AbortController();
    const stopped = fetchProvider(places(), stop.signal);
    while (source.asksFor('.nupkg').length === 0) await new Promise((done) => setTimeout(done, 5));
    await new Promise((done) => setTimeout(done, 60));
    stop.abort();
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
    expect(hasProvider(home)).toBe(false);
    await fetchProvider(places(), never);
    expectFetched();
    expect(source.asksFor('.nupkg').at(-1)?.range).toMatch(/^bytes=[1-9]\d*-$/);
  });

  it('is not taken when it was changed on its way', async () => {
    const wrong = Buffer.from(archive);
    wrong.writeUInt8((archive.at(1000) ?? 0) ^ 1, 1000);
    publish(archive, { wrong });
    await expect(fetchProvider(places(), never)).rejects.toThrow(/has the SHA-512 .*It was not kept/);
    expect(readdirSync(bin)).toEqual([]);
    publish(archive);
    await fetchProvider(places(), never);
    expectFetched();
  });

  it('is checked by what is inside where a source tells no sums', async () => {
    publish(archive, {}, { sums: false });
    await fetchProvider(places(), never);
    expectFetched();
    expect(said.join('\n')).toContain('tells no sum');
    rmSync(join(bin, 'libonnxruntime_providers_cuda.so'));
    rmSync(join(bin, 'libonnxruntime_providers_shared.so'));
    const wrong = Buffer.from(archive);
    const at = archive.indexOf(shared.subarray(0, 64));
    wrong.writeUInt8((archive.at(archive.length - 2000) ?? 0) ^ 1, archive.length - 2000);
    wrong.writeUInt8((archive.at(at + 64) ?? 0) ^ 1, at + 64);
    publish(wrong, {}, { sums: false });
    await expect(fetchProvider(places(), never)).rejects.toThrow('damaged');
    expect(hasProvider(home)).toBe(false);
  });

  it('says what is wrong with a source, a package and an address', async () => {
    publish(archive);
    source.files.delete(`nuget/contents/${contentsPath}`);
    await expect(fetchProvider(places(), never)).rejects.toThrow(/1\.2\.3\.nupkg is not there \(404\)/);
    publish(zip({ 'readme.txt': Buffer.from('nothing') }));
    await expect(fetchProvider(places(), never)).rejects.toThrow(/holds no runtimes.linux-x64/);
    publish(Buffer.from('no archive'));
    await expect(fetchProvider(places(), never)).rejects.toThrow('no ZIP archive');
    source.add('nuget', 'index.json', Buffer.from('<html>'));
    await expect(fetchProvider(places(), never)).rejects.toThrow('does not answer as a NuGet source');
    expect(() => nugetIndex({ NUGET_INDEX: 'here' })).toThrow(DownloadError);
    expect(nugetIndex({}).href).toBe('https://api.nuget.org/v3/index.json');
    expect(nugetIndex({ NUGET_INDEX: 'http://mirror/index.json' }).host).toBe('mirror');
  });

  it.runIf(process.platform === 'linux' && process.arch === 'x64')(
    'is fetched without a card only when that is asked for, and what is needed is said',
    async () => {
      publish(archive);
      const setUp = { ...places(), cards: () => Promise.resolve([]) };
      expect(await setUpGpu({ ...setUp, force: false }, never)).toBe(false);
      expect(said.join('\n')).toMatch(/card: none .*apt-get install nvidia-driver[^]*not fetched.*--force/);
      expect(source.asked).toEqual([]);
      expect(existsSync(join(folder, 'downloads'))).toBe(false);
      expect(await setUpGpu({ ...setUp, force: true }, never)).toBe(false);
      expectFetched();
      expect(said.at(-1)).toContain('fetched');
    },
  );
});
