/** The administrator's page beside a call. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { newKeyLine } from '../../server/access/signing-keys.js';
import { runTokenCommand } from '../../server/access/token-command.js';
import type { ServerStatus } from '../../server/observability/server-status.js';
import { Caller } from '../helpers/browser.js';
import { ServerProcess } from '../helpers/server-process.js';
import { until } from '../helpers/until.js';

it('shows the call that a link with a token brought, and its figures', { timeout: 180_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-admin-'));
  const env = { PARLEY_ACCESS_KEYS_FILE: join(folder, 'keys') };
  writeFileSync(env.PARLEY_ACCESS_KEYS_FILE, newKeyLine('k'));
  const server = await ServerProcess.start(env);
  const link = async (...args: string[]) =>
    (await runTokenCommand([...args, '--url', server.url], env)).split('\n')[1] ?? '';
  const caller = await Caller.open({ url: await link('--caller', 'anna') });
  try {
    expect(new URL(caller.page.url()).hash).toBe('');
    await caller.startCall();
    await caller.type('What is the capital of France?');
    await caller.answer(1);
    const status = (await (await fetch(new URL('v1/status', server.url))).json()) as ServerStatus;
    expect(status).toMatchObject({ calls: { now: 1, waiting: 0 }, live: [{ caller: 'anna', answers: 1 }] });
    expect(JSON.stringify(status)).not.toMatch(/paris/i);

    const adminLink = new URL(await link('--admin'));
    const admin = await caller.page.context().newPage();
    await admin.goto(new URL(`admin${adminLink.hash}`, server.url).href);
    await admin.getByRole('cell', { name: 'anna' }).waitFor();
    expect(await admin.getByRole('status').innerText()).toMatch(/taking calls · 1 calls, 7 places free/);
    expect(await admin.getByRole('cell', { name: /^\d+ ms$/ }).count()).toBe(1);
    await caller.endCall();
    await until('the call is gone', async () => (await admin.getByRole('cell').count()) === 0);
    expect(caller.errors).toEqual([]);
  } finally {
    await caller.close();
    await server.stop();
    rmSync(folder, { recursive: true });
  }
});
