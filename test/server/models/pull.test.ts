import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CatalogueModel, HubSource } from '../../../server/models/catalogue-entry.js';
import { readRecord } from '../../../server/models/file-record.js';
import { hubOf } from '../../../server/models/hub-request.js';
import { missingFiles } from '../../../server/models/model-files.js';
import { partPath } from '../../../server/models/partial-file.js';
import { pull } from '../../../server/models/pull.js';
import { StorageError } from '../../../server/models/storage-error.js';
import { faultsOf } from '../../../server/models/verify.js';
import { commit, LocalHub, sha256, type Behaviour } from '../../helpers/local-hub.js';
import { randomBytes } from '../../helpers/random-bytes.js';

const never = new AbortController().signal;
const repository = 'makers/models';

describe('pull', () => {
  let hub: LocalHub;
  let folder: string;

  beforeEach(async () => {
    hub = await LocalHub.start();
    folder = mkdtempSync(join(tmpdir(), 'parley-pull-'));
  });
  afterEach(async () => {
    await hub.close();
    rmSync(folder, { recursive: true });
  });

  /** A model of one file that the hub has and the catalogue knows all about. */
  function modelOf(behaviour: Behaviour = {}, known: Partial<HubSource> = {}): CatalogueModel {
    const content = randomBytes(300_000, 1);
    const { size, sha256: sum } = hub.add(repository, 'deep/weights.bin', content, behaviour);
    const source: HubSource = {
      type: 'hub',
      repository,
      revision: 'a'.repeat(40),
      path: 'deep/weights.bin',
      size,
      sha256: sum,
      ...known,
    };
    return {
      id: 'model',
      reference: 'model',
      stage: 'synthesizer',
      runner: 'none',
      title: 'A model',
      licence: { name: 'MIT' },
      languages: [],
      confirmed: false,
      files: [{ name: 'weights.bin', source }],
    };
  }

  async function pulled(model: CatalogueModel, env: NodeJS.ProcessEnv = {}): Promise<void> {
    // No user's token or cache of this machine.
    const alone = { HF_ENDPOINT: hub.endpoint, HF_HOME: join(folder, 'nobody'), ...env };
    const client = hubOf(alone);
    try {
      await pull([model], { folder, hub: client, env: alone, print: () => undefined }, never);
    } finally {
      await client.dispatcher.close();
    }
  }

  const content = () => readFileSync(join(folder, 'model/weights.bin'));
  const leftOvers = () =>
    existsSync(join(folder, 'model'))
      ? readdirSync(join(folder, 'model')).filter((name) => name.includes('.part'))
      : [];

  it('fetches what is missing, once, and says where from', async () => {
    const model = modelOf();
    await pulled(model);
    expect(sha256(content())).toBe((model.files[0]?.source as HubSource).sha256);
    expect(missingFiles(model, folder)).toEqual([]);
    expect(readRecord(folder, 'model')['weights.bin']).toMatchObject({ revision: commit, size: 300_000 });
    const asked = hub.asked.length;
    await pulled(model);
    expect(hub.asked).toHaveLength(asked);
    expect(await faultsOf(model, folder, never)).toEqual([]);
  });

  it('asks the hub where the catalogue does not know size and sum, and holds to the commit that it was told', async () => {
    const model = modelOf({}, { revision: 'main', size: undefined, sha256: undefined });
    await pulled(model);
    expect(content()).toHaveLength(300_000);
    expect(readRecord(folder, 'model')['weights.bin']).toMatchObject({ revision: commit });
    writeFileSync(join(folder, 'model/weights.bin'), randomBytes(300_000, 2));
    expect(await faultsOf(model, folder, never)).toMatchObject(
      [/weights\.bin has the SHA-256/].map(() => expect.any(String) as string),
    );
    await pulled(model);
    expect(await faultsOf(model, folder, never)).toEqual([]);
  });

  it('goes on where a cut connection has left off', async () => {
    await pulled(modelOf({ cutAfter: 100_000, cutTimes: 2 }));
    const ranges = hub.asksFor('weights.bin').map(({ range, status }) => [range !== undefined, status]);
    expect(ranges).toEqual([
      [false, 200],
      [true, 206],
      [true, 206],
    ]);
    expect(leftOvers()).toEqual([]);
  });

  it('begins anew where ranges are not served', async () => {
    const model = modelOf({ cutAfter: 100_000, cutTimes: 1, ignoresRanges: true });
    await pulled(model);
    expect(await faultsOf(model, folder, never)).toEqual([]);
  });

  it('waits as long as a busy hub asks, and tries again', async () => {
    await pulled(modelOf({ statuses: [503, 429], headers: { 'retry-after': '0' } }));
    expect(content()).toHaveLength(300_000);
  });

  it('keeps what is truncated for the next time, and says so', async () => {
    const model = modelOf({ cutAfter: 100_000, cutTimes: 1, statuses: [302, 404] });
    await expect(pulled(model)).rejects.toThrow(
      /weights\.bin is not there \(404\)[^]*goes on where it has stopped/,
    );
    expect(existsSync(join(folder, 'model/weights.bin'))).toBe(false);
    expect(leftOvers()).toHaveLength(1);
    await pulled(model);
    expect(hub.asksFor('weights.bin').at(-1)?.range).toMatch(/^bytes=\d+-$/);
    expect(await faultsOf(model, folder, never)).toEqual([]);
  });

  it('keeps nothing that was tampered with', async () => {
    const model = modelOf();
    const { sha256: right } = model.files[0]?.source as HubSource;
    hub.behaviour.set(`${repository}/deep/weights.bin`, {
      wrong: randomBytes(300_000, 3),
      claimsSha256: right ?? '',
    });
    await expect(pulled(model)).rejects.toThrow(
      /has the SHA-256 \w+, and not \w+: it was changed on its way/,
    );
    expect(existsSync(join(folder, 'model/weights.bin'))).toBe(false);
    expect(leftOvers()).toEqual([]);
  });

  it('fetches anew from the beginning when the half that was there is wrong', async () => {
    const model = modelOf({ cutAfter: 100_000, cutTimes: 1, statuses: [302, 404] });
    await expect(pulled(model)).rejects.toThrow(/404/);
    const [part = ''] = leftOvers();
    writeFileSync(join(folder, 'model', part), randomBytes(100_000, 4));
    await pulled(model);
    expect(await faultsOf(model, folder, never)).toEqual([]);
  });

  it('replaces a file that is here and wrong', async () => {
    const model = modelOf();
    mkdirSync(join(folder, 'model'));
    writeFileSync(join(folder, 'model/weights.bin'), randomBytes(300_000, 5));
    expect(await faultsOf(model, folder, never)).toHaveLength(1);
    await pulled(model);
    expect(await faultsOf(model, folder, never)).toEqual([]);
  });

  it.each<[string, Behaviour, RegExp]>([
    [
      'the hub says another size',
      { claims: 300_001 },
      /has 300001 bytes on the hub, and 300000 in the catalogue/,
    ],
    ['the hub says another sum', { claimsSha256: 'f'.repeat(64) }, /has the SHA-256 f{64} on the hub/],
    [
      'it is gated',
      {
        statuses: [403],
        headers: { 'x-error-code': 'GatedRepo', 'x-error-message': 'Access to it is restricted.' },
      },
      /is gated: agree to its licence on .*makers\/models, and put a token of yours into HF_TOKEN/,
    ],
    ['it is private', { statuses: [401] }, /is refused \(401\).*HF_TOKEN/],
    [
      'it is gone',
      { statuses: [404], headers: { 'x-error-code': 'EntryNotFound' } },
      /is not there \(404: EntryNot/,
    ],
  ])('says what to do when %s', async (_what, behaviour, message) => {
    await expect(pulled(modelOf(behaviour))).rejects.toThrow(message);
    expect(existsSync(join(folder, 'model/weights.bin'))).toBe(false);
  });

  it('takes no more bytes than were promised', async () => {
    const model = modelOf({}, { size: 200_000 });
    hub.behaviour.set(`${repository}/deep/weights.bin`, { claims: 200_000 });
    await expect(pulled(model)).rejects.toThrow(/SHA-256|longer than the 200000 bytes/);
    expect(existsSync(join(folder, 'model/weights.bin'))).toBe(false);
  });

  it('takes the mirror when the hub has nothing', async () => {
    const model = modelOf({ statuses: [404] }, { mirror: hub.mirror });
    await pulled(model, { HF_TOKEN: 'hf_secret' });
    expect(hub.asksFor('weights.bin').map(({ host }) => host)).toEqual(['mirror']);
    expect(await faultsOf(model, folder, never)).toEqual([]);
  });

  it('shows the token to the hub, and to nobody that it redirects to', async () => {
    await pulled(modelOf({ statuses: [404] }, { mirror: hub.mirror }), { HF_TOKEN: 'hf_secret' });
    rmSync(join(folder, 'model'), { recursive: true });
    await pulled(modelOf(), { HF_TOKEN: 'hf_secret' });
    const told = (host: string) =>
      new Set(hub.asked.filter((one) => one.host === host).map(({ authorization }) => authorization));
    expect(told('hub')).toEqual(new Set(['Bearer hf_secret']));
    expect(told('store')).toEqual(new Set([undefined]));
    expect(told('mirror')).toEqual(new Set([undefined]));
  });

  it('reads the token from where the hub keeps it', async () => {
    const home = join(folder, 'home');
    mkdirSync(home);
    writeFileSync(join(home, 'token'), 'hf_kept\n');
    await pulled(modelOf(), { HF_HOME: home });
    expect(hub.asked[0]).toMatchObject({ host: 'hub', authorization: 'Bearer hf_kept' });
  });

  it("takes what Hugging Face's tools have fetched already, when it is right", async () => {
    const model = modelOf();
    const { revision } = model.files[0]?.source as HubSource;
    const cached = join(folder, 'home/hub/models--makers--models/snapshots', revision, 'deep/weights.bin');
    mkdirSync(dirname(cached), { recursive: true });
    writeFileSync(cached, hub.files.get(`${repository}/deep/weights.bin`) ?? '');
    await pulled(model, { HF_HOME: join(folder, 'home') });
    expect(hub.asked).toEqual([]);
    expect(await faultsOf(model, folder, never)).toEqual([]);
    rmSync(join(folder, 'model'), { recursive: true });
    writeFileSync(cached, randomBytes(300_000, 6));
    await pulled(model, { HF_HOME: join(folder, 'home') });
    expect(hub.asksFor('weights.bin')).toHaveLength(1);
  });

  it('goes through the proxy of the environment', async () => {
    const proxy = await TunnelProxy.start();
    const before = process.env['http_proxy'];
    process.env['http_proxy'] = proxy.url;
    try {
      await pulled(modelOf());
    } finally {
      if (before === undefined) delete process.env['http_proxy'];
      else process.env['http_proxy'] = before;
      await proxy.close();
    }
    expect(proxy.tunnels).toContain(new URL(hub.endpoint).host);
    expect(content()).toHaveLength(300_000);
  });

  it.each<[string, (folder: string) => void, RegExp]>([
    [
      'is full',
      // Every byte written there is refused with ENOSPC.
      (model) =>
        symlinkSync('/dev/full', partPath(join(model, 'weights.bin'), sha256(randomBytes(300_000, 1)))),
      /model\/\.weights\.bin.*\(ENOSPC\): the disk is full\. Make room, or set models\.folder/,
    ],
    [
      'has something else in the place',
      (model) => mkdirSync(partPath(join(model, 'weights.bin'), sha256(randomBytes(300_000, 1)))),
      /model\/\.weights\.bin.*EISDIR/,
    ],
  ])('ends the other transfers before it says that the disk %s', async (_what, spoil, message) => {
    const model = modelOf();
    const slow = randomBytes(300_000, 7);
    const told = hub.add(repository, 'slow.bin', slow, { slowly: 200 });
    const revision = 'a'.repeat(40);
    model.files.push({
      name: 'slow.bin',
      source: { type: 'hub', repository, revision, path: 'slow.bin', ...told },
    });
    mkdirSync(join(folder, 'model'));
    spoil(join(folder, 'model'));
    const pulling = pulled(model);
    await expect(pulling).rejects.toThrow(StorageError);
    await expect(pulling).rejects.toThrow(message);
    // `pulled` has waited for every connection of the hub.
    expect(existsSync(join(folder, 'model/slow.bin'))).toBe(false);
  });

  it('begins nothing that the disk has no room for', async () => {
    await expect(pulled(modelOf({}, { size: 8e15 }))).rejects.toThrow(
      /free, and 8000\.?\d* TB are needed\. Make room/,
    );
    expect(hub.asked).toEqual([]);
  });
});

/** A proxy that tunnels, as `CONNECT` asks (RFC 9110, 9.3.6). */
class TunnelProxy {
  readonly tunnels: string[] = [];
  readonly #server = createServer();
  url = '';

  static async start(): Promise<TunnelProxy> {
    const proxy = new TunnelProxy();
    proxy.#server.on('connect', ({ url = '' }: IncomingMessage, client: Socket) => {
      proxy.tunnels.push(url);
      const target = new URL(`http://${url}`);
      const server = connect(Number(target.port), target.hostname, () => {
        client.write('HTTP/1.1 200 OK\r\n\r\n');
        server.pipe(client).pipe(server);
      });
      client.on('error', () => server.destroy());
      server.on('error', () => client.destroy());
    });
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    proxy.url = `http://127.0.0.1:${(proxy.#server.address() as AddressInfo).port}`;
    return proxy;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
