/** What is wrong before the first call is said in one line, and the process ends with code 1 and leaves nothing behind. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSocket } from 'node:dgram';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../../server/project-root.js';
import { until } from '../helpers/until.js';

const model = join(projectRoot(), 'models/pocket/pocket.gguf');

/** What a start that failed left. */
interface FailedStart {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Lines on standard error. */
  errors: string[];
}

/** Runs the compiled server until it ends by itself. */
async function failedStart(environment: NodeJS.ProcessEnv): Promise<FailedStart> {
  const child = spawn(process.execPath, [join(projectRoot(), 'dist/server/main.js')], {
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      ...(process.env['PARLEY_CACHE'] === undefined ? {} : { PARLEY_CACHE: process.env['PARLEY_CACHE'] }),
      HOST: '127.0.0.1',
      PORT: '0',
      PARLEY_MEDIA_PORT: '0',
      UV_THREADPOOL_SIZE: '16',
      ...environment,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
    // A group of its own: what it leaves behind can be found by it.
    detached: true,
  });
  const { pid } = child;
  if (pid === undefined) throw new Error('The server could not be spawned.');
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const timer = setTimeout(() => child.kill('SIGKILL'), 200_000);
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  clearTimeout(timer);
  await until('no child is left', async () => (await groupMembers(pid)).length === 0);
  return { code, signal, errors: text.split('\n').filter((line) => line !== '') };
}

/** Processes of a group that still live. */
async function groupMembers(group: number): Promise<string[]> {
  const found: string[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const line = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    const [state, , processGroup] = line.split(') ').at(-1)?.split(' ') ?? [];
    if (Number(processGroup) === group && state !== 'Z') found.push(name);
  }
  return found;
}

function expectOneLine(failed: FailedStart, says: RegExp): void {
  expect(failed.errors.join('\n')).toMatch(says);
  expect(failed.errors).toHaveLength(1);
  expect(failed.errors[0]).toMatch(/^parley: /);
  expect({ code: failed.code, signal: failed.signal }).toEqual({ code: 1, signal: null });
}

describe('a start that cannot succeed', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parley-faults-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('names a language model that was cut in half, has nothing but a header, or is not there', async () => {
    const whole = await readFile(model);
    const kept = Math.floor(whole.length / 2);
    const cases: [string, Buffer, string][] = [
      ['half.gguf', whole.subarray(0, kept), `is incomplete: ${kept} bytes of \\d+`],
      // A header that promises more than there can be.
      ['promise.gguf', Buffer.concat([whole.subarray(0, 8), Buffer.alloc(16, 0xff)]), 'is damaged: '],
    ];
    await Promise.all(
      cases.map(async ([name, content, says]) => {
        const path = join(folder, name);
        await writeFile(path, content);
        const failed = await failedStart({ PARLEY_LANGUAGE_MODEL_MODEL: path });
        expectOneLine(failed, new RegExp(`The language model ${path} ${says}`));
      }),
    );
  }, 300_000);

  it('names an unknown key of the configuration, in the file and in the environment', async () => {
    const file = join(folder, 'parley.yaml');
    await writeFile(file, 'turn:\n  endSilenceMs: 400\n  endSilenceSeconds: 1\n');
    expectOneLine(await failedStart({ PARLEY_CONFIG: file }), /endSilenceSeconds/);
    expectOneLine(
      await failedStart({ PARLEY_TURN_END_SILENCE_SECONDS: '1' }),
      /PARLEY_TURN_END_SILENCE_SECONDS/,
    );
    expectOneLine(await failedStart({ PARLEY_CALLS_MAX: 'many' }), /calls\.max|PARLEY_CALLS_MAX/);
  }, 300_000);

  it('names the HTTP port that is in use', async () => {
    const taken = await listen();
    try {
      const { port } = taken.address() as AddressInfo;
      const failed = await failedStart({ PORT: String(port) });
      expectOneLine(failed, new RegExp(`127\\.0\\.0\\.1:${port}: the port is in use`));
    } finally {
      taken.close();
    }
  }, 300_000);

  it('names the media port that is in use, UDP or TCP', async () => {
    const udp = createSocket('udp4').bind(0, '127.0.0.1');
    await once(udp, 'listening');
    const tcp = await listen();
    try {
      await Promise.all(
        [udp.address().port, (tcp.address() as AddressInfo).port].map(async (port) => {
          const failed = await failedStart({ PARLEY_MEDIA_PORT: String(port) });
          expectOneLine(failed, new RegExp(`port ${port} .*in use`));
        }),
      );
    } finally {
      udp.close();
      tcp.close();
    }
  }, 300_000);
});

async function listen(): Promise<Server> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
