/** Who comes in over real HTTP and socket.io, with calls that never open. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { io, type Socket } from 'socket.io-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Access } from '../../../server/access/access.js';
import { CallerLimits } from '../../../server/access/caller-limits.js';
import { ShutOut } from '../../../server/access/shut-out.js';
import type { Grant } from '../../../server/access/call-grant.js';
import { newKeyLine } from '../../../server/access/signing-keys.js';
import { loadConfig } from '../../../server/config.js';
import { ServerFullError } from '../../../server/errors.js';
import { startHttpServer } from '../../../server/http-server.js';
import { Metrics } from '../../../server/observability/metrics.js';
import { Refusals } from '../../../server/observability/refusals.js';
import type { Answer, StartCallRequest } from '../../../server/protocol.js';
import { startSignalling, type Signalling } from '../../../server/signalling/signalling.js';

const keyLine = newKeyLine('k');
const [, secret = ''] = keyLine.split(' ');

describe('a server with keys', () => {
  let folder: string;
  let access: Access;
  let metrics: Metrics;
  let http: Server;
  let signalling: Signalling;
  let url: string;
  const logged: string[] = [];
  const asked: { request: StartCallRequest; grant: Grant }[] = [];
  const sockets: Socket[] = [];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'parley-access-'));
    writeFileSync(join(folder, 'keys'), keyLine);
    logged.length = asked.length = 0;
    const log = pino({ level: 'info' }, { write: (line: string) => logged.push(line) });
    const config = loadConfig({
      PARLEY_ACCESS_KEYS_FILE: join(folder, 'keys'),
      PARLEY_ACCESS_ORIGINS: 'https://shop.example.org, https://other.example.org:8443',
    });
    access = new Access(config, log);
    metrics = new Metrics();
    const refusals = new Refusals(metrics, log);
    const shutOut = new ShutOut(config.limits, (...refusal) => refusals.add(...refusal));
    http = await startHttpServer({
      host: '127.0.0.1',
      port: 0,
      tls: { certificate: '', key: '' },
      metrics,
      access,
      refusals,
      shutOut,
      unready: () => undefined,
      status: () => undefined,
      log,
    });
    url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    const manager = {
      start: (request: StartCallRequest, _: unknown, grant: Grant) => {
        asked.push({ request, grant });
        return Promise.reject(new ServerFullError('No place.'));
      },
    };
    const about = { voices: [], models: { recognizer: '', languageModel: '', synthesizer: '', note: '' } };
    signalling = startSignalling(http, {
      manager,
      about,
      access,
      limits: config.limits,
      ice: config.ice,
      callerLimits: new CallerLimits(config.limits),
      shutOut,
      reconnectMs: config.calls.reconnectMs,
      refusals,
      log,
    });
  });

  afterEach(async () => {
    vi.useRealTimers();
    for (const socket of sockets.splice(0)) socket.disconnect();
    await signalling.close();
    access.close();
    metrics.close();
    rmSync(folder, { recursive: true });
  });

  /** @returns `connected`, or what the client is told. */
  async function connect(auth: object, headers: Record<string, string> = {}): Promise<unknown> {
    const socket = io(url, {
      transports: ['websocket'],
      reconnection: false,
      forceNew: true,
      auth,
      extraHeaders: headers,
    });
    sockets.push(socket);
    return new Promise((resolve) => {
      socket.once('connect', () => resolve('connected'));
      socket.once('connect_error', (error) => resolve('data' in error ? error.data : error.message));
    });
  }

  async function ask(event: string, request: object): Promise<Answer<unknown>> {
    return (await sockets.at(-1)?.timeout(5000).emitWithAck(event, request)) as Answer<unknown>;
  }
  const startCall = (request: object) => ask('startCall', request);

  const post = (body: unknown, headers: Record<string, string> = {}) =>
    fetch(`${url}/v1/tokens`, {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: { authorization: `Bearer ${secret}`, ...headers },
    });
  const tokenFor = async (request: object): Promise<string> =>
    ((await (await post(request)).json()) as { token: string }).token;
  const refused = async (reason: string) =>
    new RegExp(`parley_refused_total\\{reason="${reason}"\\} (\\d+)`).exec((await metrics.text()).body)?.[1];

  it('lets in who has a token, and applies what it says', async () => {
    const token = await tokenFor({ persona: 'You sell shoes.', voice: 'slt', tools: [] });
    expect(await connect({ token })).toBe('connected');
    expect(await startCall({})).toMatchObject({ error: { code: 'serverFull' } });
    expect(asked).toMatchObject([
      { request: { systemPrompt: 'You sell shoes.', voice: 'slt' }, grant: { tools: [] } },
    ]);
    expect(await startCall({ systemPrompt: 'Mine.' })).toMatchObject({ error: { code: 'forbidden' } });
    expect(await refused('notGranted')).toBe('1');
    expect(asked).toHaveLength(1);
  });

  it('turns away missing, forged and foreign tokens, each counted and of a kind one logged', async () => {
    const token = await tokenFor({});
    const other = new Access(
      loadConfig({ PARLEY_ACCESS_KEYS_FILE: join(folder, 'keys'), PARLEY_ACCESS_AUDIENCE: 'other' }),
      pino({ level: 'silent' }),
    );
    const { token: foreign } = await other.issue({});
    other.close();
    expect(await connect({})).toMatchObject({
      code: 'unauthorized',
      message: 'A token is needed to call here.',
    });
    expect(await connect({ token: `${token}x` })).toMatchObject({ code: 'unauthorized' });
    expect(await connect({ token: `${token}y` })).toMatchObject({ code: 'unauthorized' });
    expect(await connect({ token: foreign })).toMatchObject({ code: 'unauthorized' });
    expect([
      await refused('tokenMissing'),
      await refused('tokenForged'),
      await refused('tokenAudience'),
    ]).toEqual(['1', '2', '1']);
    expect(logged.filter((line) => line.includes('turned away')).length).toBe(3);
    expect(logged.join('')).not.toContain(token);
  });

  it('looks at the token again before a call', async () => {
    const token = await tokenFor({ seconds: 1 });
    expect(await connect({ token })).toBe('connected');
    // The tolerance for clocks that differ is five seconds.
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 7000 });
    expect(await startCall({})).toMatchObject({
      error: { code: 'unauthorized', message: 'The token has expired; ask for a new one.' },
    });
    expect(await ask('resumeCall', { callId: 'c', secret: 's' })).toMatchObject({
      error: { code: 'unauthorized' },
    });
    expect(await refused('tokenExpired')).toBe('2');
  });

  it('lets pages in by their origin', async () => {
    const token = await tokenFor({});
    for (const origin of [url, 'https://shop.example.org', 'https://other.example.org:8443'])
      expect(await connect({ token }, { origin }), origin).toBe('connected');
    for (const origin of ['https://evil.example.org', 'https://other.example.org', 'null', `${url}0`, 'x'])
      expect(await connect({ token }, { origin }), origin).not.toBe('connected');
    expect(await refused('foreignOrigin')).toBe('5');
  });

  it('makes tokens for whoever holds the key', async () => {
    const made = await post({ seconds: 60 });
    expect(made.status).toBe(201);
    expect(made.headers.get('cache-control')).toBe('no-store');
    const cases: [unknown, Record<string, string>, number, RegExp][] = [
      [{}, { authorization: 'Bearer wrong' }, 401, /no key/],
      [{}, { authorization: '' }, 401, /Bearer KEY/],
      [{ seconds: 'x' }, {}, 400, /seconds/],
      [{ second: 5 }, {}, 400, /second/],
      [{ seconds: 86_401 }, {}, 400, /maxTokenSeconds/],
      ['{', {}, 400, /no JSON/],
      [{ persona: 'x'.repeat(40_000) }, {}, 400, /more than 32768 bytes/],
      [{}, { origin: 'https://evil.example.org' }, 403, /may not/],
    ];
    for (const [body, headers, status, says] of cases) {
      const response = await post(body, headers);
      expect(response.status, String(says)).toBe(status);
      expect(await response.text()).toMatch(says);
    }
    expect((await fetch(`${url}/v1/tokens`)).status).toBe(405);
    expect(logged.join('')).not.toContain(secret);
  });

  it('shows its figures to itself and to administrators', async () => {
    const figures = (headers: Record<string, string>) => fetch(`${url}/metrics`, { headers });
    expect((await figures({})).status).toBe(200);
    const outside = { 'x-forwarded-for': '203.0.113.7' };
    expect((await figures(outside)).status).toBe(401);
    const caller = await tokenFor({});
    expect((await figures({ ...outside, authorization: `Bearer ${caller}` })).status).toBe(403);
    const admin = await tokenFor({ admin: true });
    expect((await figures({ ...outside, authorization: `Bearer ${admin}` })).status).toBe(200);
  });
});

describe('a server without keys', () => {
  const log = pino({ level: 'silent' });

  it('does not start where others can reach it', () => {
    for (const host of ['0.0.0.0', '::', '10.0.0.5', 'parley.example.org'])
      expect(() => new Access(loadConfig({ HOST: host }), log), host).toThrow(
        /has no keys: anybody could call/,
      );
    for (const host of ['127.0.0.1', 'localhost', '::1']) new Access(loadConfig({ HOST: host }), log).close();
  });

  it('serves nobody who comes by a proxy or by another name', () => {
    const access = new Access(loadConfig({}), log);
    const check = (headers: Record<string, string>) => () =>
      access.checkRequest({ headers } as unknown as Parameters<Access['checkRequest']>[0]);
    expect(check({ host: 'localhost:3000', origin: 'http://localhost:3000' })).not.toThrow();
    expect(check({ host: '[::1]:3000' })).not.toThrow();
    expect(check({ host: 'localhost:3000', 'x-forwarded-for': '203.0.113.7' })).toThrow(/own machine only/);
    expect(check({ host: 'rebound.example.org:3000' })).toThrow(/own machine only/);
    expect(check({ host: 'localhost:3000', origin: 'https://evil.example.org' })).toThrow(/may not call/);
  });
});
