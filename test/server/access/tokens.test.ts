import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { pino } from 'pino';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { allowsTool, applyGrant, lengthLimitMs } from '../../../server/access/apply-grant.js';
import { localGrant, type Grant } from '../../../server/access/call-grant.js';
import { newKeyLine, SigningKeys } from '../../../server/access/signing-keys.js';
import { runTokenCommand } from '../../../server/access/token-command.js';
import { issueToken, verifyToken, type TokenOptions } from '../../../server/access/tokens.js';
import { until } from '../../helpers/until.js';

const folder = mkdtempSync(join(tmpdir(), 'parley-keys-'));
const path = join(folder, 'keys');
const log = pino({ level: 'silent' });
const options: TokenOptions = { audience: 'parley', tokenSeconds: 60, maxTokenSeconds: 3600 };
const oldKey = newKeyLine('old');
const newKey = newKeyLine('new');
afterAll(() => rmSync(folder, { recursive: true }));

describe('tokens', () => {
  let keys: SigningKeys;

  beforeEach(() => {
    writeFileSync(path, `# ours\n${oldKey}\n`);
    keys = SigningKeys.open(path, log);
  });
  afterEach(() => keys.close());

  /** A token of anybody's making. */
  function forge(claims: object, change: { kid?: string; secret?: string; seconds?: number } = {}) {
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({ jti: 'x', ...claims })
      .setProtectedHeader({ alg: 'HS256', kid: change.kid ?? 'old' })
      .setIssuedAt(now)
      .setExpirationTime(now + (change.seconds ?? 60))
      .setAudience('parley')
      .sign(new TextEncoder().encode(change.secret ?? oldKey.split(' ')[1]));
  }
  const reasonOf = (token: unknown, change: Partial<TokenOptions> = {}) =>
    verifyToken(keys, token, { ...options, ...change }).then(
      () => 'accepted',
      (error: { reason?: string }) => error.reason,
    );

  it('carry what they allow', async () => {
    const request = {
      caller: 'anna',
      persona: 'You sell shoes.',
      voice: 'slt',
      tools: ['get_time'],
      maxCallSeconds: 90,
      maxCalls: 2,
    };
    const { token, expiresAt } = await issueToken(keys, { ...request, seconds: 30 }, options);
    const grant = await verifyToken(keys, token, options);
    expect(grant).toMatchObject({
      caller: 'anna',
      persona: 'You sell shoes.',
      voice: 'slt',
      tools: ['get_time'],
      maxCallMs: 90_000,
      maxCalls: 2,
      ownPersona: false,
      admin: false,
    });
    expect(new Date(expiresAt).getTime()).toBe(grant.expiresAtMs);
    const other = await verifyToken(keys, (await issueToken(keys, {}, options)).token, options);
    expect(other.id).not.toBe(grant.id);
    expect(other).toMatchObject({ maxCalls: 1, ownPersona: false });
  });

  it('are refused with the reason', async () => {
    const { token } = await issueToken(keys, {}, options);
    const [header = '', claims = '', signature = ''] = token.split('.');
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    expect(await reasonOf(token)).toBe('accepted');
    expect(await reasonOf(undefined)).toBe('tokenMissing');
    expect(await reasonOf({ token })).toBe('tokenMissing');
    expect(await reasonOf('')).toBe('tokenMissing');
    expect(await reasonOf('x'.repeat(30_000))).toBe('tokenForged');
    expect(await reasonOf('a.b.c')).toBe('tokenForged');
    expect(await reasonOf(`${none}.${claims}.`)).toBe('tokenForged');
    const tampered = Buffer.from(claims, 'base64url').toString().replace('"parley"', '"parley","admin":true');
    expect(await reasonOf(`${header}.${Buffer.from(tampered).toString('base64url')}.${signature}`)).toBe(
      'tokenForged',
    );
    expect(await reasonOf(await forge({}, { secret: 'x'.repeat(43) }))).toBe('tokenForged');
    expect(await reasonOf(await forge({}, { kid: 'nobody' }))).toBe('tokenForged');
    expect(await reasonOf(await forge({}, { seconds: -60 }))).toBe('tokenExpired');
    expect(await reasonOf(await forge({}, { seconds: 4000 }))).toBe('tokenClaims');
    expect(await reasonOf(await forge({ jti: undefined }))).toBe('tokenClaims');
    expect(await reasonOf(await forge({ maxCallSecond: 5 }))).toBe('tokenClaims');
    expect(await reasonOf(await forge({ maxCalls: 'many' }))).toBe('tokenClaims');
    expect(await reasonOf(await forge({ nbf: Math.floor(Date.now() / 1000) + 600 }))).toBe('tokenClaims');
    expect(await reasonOf(token, { audience: 'another' })).toBe('tokenAudience');
  });

  it('do not live longer than allowed', async () => {
    await expect(issueToken(keys, { seconds: 3601 }, options)).rejects.toThrow(/maxTokenSeconds/);
  });

  it('outlive a change of keys, until their key is taken out', async () => {
    const { token } = await issueToken(keys, {}, options);
    writeFileSync(path, `${newKey}\n${oldKey}\n`);
    await until('the new key signs', () => keys.current.name === 'new');
    expect(await reasonOf(token)).toBe('accepted');
    expect(await reasonOf((await issueToken(keys, {}, options)).token)).toBe('accepted');
    writeFileSync(path, 'half a key\n');
    writeFileSync(path, `${newKey}\n`);
    await until('the old key is gone', () => keys.byName('old') === undefined);
    expect(await reasonOf(token)).toBe('tokenForged');
  });

  it('know the secrets', () => {
    const [, secret = ''] = oldKey.split(' ');
    expect(keys.isSecret(secret)).toBe(true);
    expect(keys.isSecret(`${secret}x`)).toBe(false);
    expect(keys.isSecret('')).toBe(false);
  });

  it('name the line of the file that is wrong', () => {
    const cases: [string, RegExp][] = [
      ['', /holds no key.*new-key/],
      ['# nothing\n', /holds no key/],
      [`${oldKey}\nshort secret\n`, /line 2: the secret is shorter than 32/],
      [`${oldKey} more\n`, /line 1: a name and a secret/],
      [`${oldKey}\n\n${oldKey}\n`, /line 3: there is a key old already/],
    ];
    for (const [content, message] of cases) {
      writeFileSync(path, content);
      expect(() => SigningKeys.open(path, log), content).toThrow(message);
    }
    expect(() => SigningKeys.open(join(folder, 'nowhere'), log)).toThrow(/cannot be read/);
  });

  it('are made on the command line', async () => {
    const env = { PARLEY_ACCESS_KEYS_FILE: path };
    const printed = await runTokenCommand(['--seconds', '30', '--tools', '', '--url', 'https://x.org/'], env);
    const [token, link] = printed.split('\n');
    expect(link).toBe(`https://x.org/#token=${token}`);
    expect(await verifyToken(keys, token, options)).toMatchObject({ tools: [] });
    expect(await runTokenCommand(['new-key', 'march'], {})).toMatch(/^march \S{43}\n$/);
    await expect(runTokenCommand([], {})).rejects.toThrow(/no key to sign with/);
    await expect(runTokenCommand(['--seconds', 'x'], env)).rejects.toThrow(/seconds: .*number/);
    await expect(runTokenCommand(['--what'], env)).rejects.toThrow(/--what/);
    await expect(runTokenCommand(['what'], env)).rejects.toThrow(/no command what/);
  });
});

describe('what a token allows', () => {
  const grant: Grant = { ...localGrant, ownPersona: false };

  it('lays down persona and voice', () => {
    expect(applyGrant({}, { ...grant, persona: 'P', voice: 'slt' })).toEqual({
      systemPrompt: 'P',
      voice: 'slt',
    });
    expect(applyGrant({ voice: 'rms' }, grant)).toEqual({ voice: 'rms' });
    expect(applyGrant({ systemPrompt: 'mine' }, { ...grant, persona: 'P', ownPersona: true })).toEqual({
      systemPrompt: 'mine',
    });
    expect(() => applyGrant({ systemPrompt: 'mine' }, grant)).toThrow(/ownPersona/);
    expect(() => applyGrant({ voice: 'rms' }, { ...grant, voice: 'slt' })).toThrow(/slt only/);
  });

  it('limits functions and length', () => {
    expect(allowsTool({}, 'end_call')).toBe(true);
    expect(allowsTool({ tools: ['get_time'] }, 'end_call')).toBe(false);
    expect(lengthLimitMs({}, 500)).toBe(500);
    expect(lengthLimitMs({ maxCallMs: 100 }, 500)).toBe(100);
    expect(lengthLimitMs({ maxCallMs: 900 }, 500)).toBe(500);
    expect(lengthLimitMs({ maxCallMs: 900 }, 0)).toBe(900);
  });
});
