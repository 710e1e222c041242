/**
 * Calls from a browser whose network is bad: `npm run bench -- network [--delay 50] [--loss 0.05] [--turns 5]`. As root; Debian's
 * iproute2, iptables, coturn and chromium. The browser runs in a network namespace of its own behind a link that delays and loses
 * packets both ways; UDP is blocked, then TCP to the media ports as well, so that only a TURN server is left, which runs in a
 * third namespace with credentials of the server's making. Last, the way is cut in mid call and comes back.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { newKeyLine } from '../../server/access/signing-keys.js';
import { runTokenCommand } from '../../server/access/token-command.js';
import { chromiumPath } from '../../server/setup/chromium.js';
import { Caller } from '../helpers/browser.js';
import { ServerProcess } from '../helpers/server-process.js';
import { keepConnections } from '../helpers/page-connections.js';

const { values } = parseArgs({
  options: {
    delay: { type: 'string', default: '50' },
    loss: { type: 'string', default: '0.05' },
    turns: { type: 'string', default: '5' },
  },
});
const turns = Number(values.turns);
const client = 'parley-client';
const relay = 'parley-relay';
const [serverAddress, clientAddress, relayAddress] = ['10.77.0.1', '10.77.0.2', '10.77.1.2'];
const mediaPort = 41_000;
const turnSecret = 'north-of-the-river';
const questions = ['What is the capital of France?', 'How much is seven plus eight?', 'What is your name?'];

const ip = (...args: string[]) => execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'inherit'] });
const inClient = (...args: string[]) => ip('netns', 'exec', client, ...args);
const folder = mkdtempSync(join(tmpdir(), 'parley-network-'));
const children: ChildProcess[] = [];
writeFileSync(join(folder, 'keys'), newKeyLine('k'));

async function startLink(): Promise<void> {
  const path = fileURLToPath(new URL('network/lossy-link.ts', import.meta.url));
  const link = spawn(
    process.execPath,
    ['--import', 'tsx', path, client, serverAddress, clientAddress, values.delay, values.loss],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  children.push(link);
  await once(link.stdout, 'data');
}

function startRelay(): void {
  ip('link', 'add', 'parley-relay0', 'type', 'veth', 'peer', 'name', 'parley-relay1');
  ip('link', 'set', 'parley-relay1', 'netns', relay);
  ip('addr', 'add', '10.77.1.1/24', 'dev', 'parley-relay0');
  ip('link', 'set', 'parley-relay0', 'up');
  ip('-n', relay, 'addr', 'add', `${relayAddress}/24`, 'dev', 'parley-relay1');
  ip('-n', relay, 'link', 'set', 'parley-relay1', 'up');
  ip('-n', relay, 'link', 'set', 'lo', 'up');
  ip('-n', relay, 'route', 'add', 'default', 'via', '10.77.1.1');
  writeFileSync('/proc/sys/net/ipv4/ip_forward', '1');
  const options = [
    '-n',
    '-L',
    relayAddress,
    '-p',
    '3478',
    '-r',
    'parley',
    '--use-auth-secret',
    '--no-cli',
    '--no-tls',
  ];
  const secret = `--static-auth-secret=${turnSecret}`;
  // In the real world a relay must not reach private networks; here its peer is in one.
  const log = ['--log-file=stdout', `--allowed-peer-ip=${serverAddress}`, `--pidfile=${folder}/turn.pid`];
  const turn = spawn('ip', ['netns', 'exec', relay, 'turnserver', ...options, secret, ...log, '--no-dtls'], {
    stdio: 'ignore',
    cwd: folder,
  });
  children.push(turn);
}

/** A program that is Chromium in the client's namespace. */
function chromiumThere(): string {
  const path = join(folder, 'chromium');
  writeFileSync(path, `#!/bin/sh\nexec ip netns exec ${client} ${chromiumPath()} --no-sandbox "$@"\n`);
  chmodSync(path, 0o755);
  return path;
}

async function pathOf(caller: Caller): Promise<string> {
  return caller.page.evaluate(async () => {
    const { connections } = window;
    for (const connection of connections) {
      const stats = [...(await connection.getStats()).values()] as Record<string, string>[];
      const byId = new Map(stats.map((entry) => [entry['id'], entry]));
      const selected = byId.get(stats.find(({ type }) => type === 'transport')?.['selectedCandidatePairId']);
      const local = selected && byId.get(selected['localCandidateId']);
      const remote = selected && byId.get(selected['remoteCandidateId']);
      if (local && remote) {
        const relayed =
          local['candidateType'] === 'relay'
            ? `relay over ${local['relayProtocol']}`
            : local['candidateType'];
        return `${relayed}, ${remote['protocol']}`;
      }
    }
    return 'none';
  });
}

async function scenario(
  name: string,
  server: ServerProcess,
  block: string[][],
  cut = false,
): Promise<string> {
  inClient('iptables', '-F', 'OUTPUT');
  for (const rule of block) inClient('iptables', '-A', 'OUTPUT', ...rule, '-j', 'DROP');
  const printed = await runTokenCommand(['--url', server.url.replace('localhost', serverAddress)], {
    PARLEY_ACCESS_KEYS_FILE: join(folder, 'keys'),
  });
  const url = printed.split('\n')[1] ?? '';
  const caller = await Caller.open({
    url,
    arguments: [`--unsafely-treat-insecure-origin-as-secure=${new URL(url).origin}`],
    before: keepConnections,
  });
  try {
    const before = server.log.length;
    const readyMs = await caller.startCall();
    for (let turn = 0; turn < turns; turn++) {
      await caller.type(questions[turn % questions.length] ?? '');
      await caller.answer(turn + 1);
    }
    const path = await pathOf(caller);
    let restarted = '';
    if (cut) {
      // All that is of the call's sound is lost for a while, as between two networks; signalling stays.
      inClient('iptables', '-A', 'OUTPUT', '-p', 'udp', '-j', 'DROP');
      await sleep(9000);
      const after = await pathOf(caller);
      await caller.type(questions[0] ?? '');
      const { text } = await caller.answer(turns + 1);
      restarted = `; UDP cut in mid call: went on by ${after} with "${text}"`;
    }
    const latencies = server.log
      .slice(before)
      .filter(({ msg }) => msg === 'turn answered')
      .map(({ latency }) => latency as { voiceToVoiceMs: number; mouthToEarMs?: number });
    const median = (list: number[]) =>
      list.sort((a, b) => a - b)[Math.floor(list.length / 2)]?.toFixed(0) ?? '?';
    return (
      `| ${name} | ${path}${restarted} | ${readyMs} ms | ${median(latencies.map((l) => l.voiceToVoiceMs))} ms ` +
      `| ${median(latencies.flatMap((l) => l.mouthToEarMs ?? []))} ms | ${latencies.length} |`
    );
  } finally {
    await caller.close();
  }
}

let server: ServerProcess | undefined;
try {
  for (const name of [client, relay]) ip('netns', 'add', name);
  ip('-n', client, 'link', 'set', 'lo', 'up');
  await startLink();
  startRelay();
  process.env['CHROMIUM_PATH'] = chromiumThere();
  server = await ServerProcess.start({
    HOST: '0.0.0.0',
    PARLEY_LOG_LEVEL: 'info',
    PARLEY_ACCESS_KEYS_FILE: join(folder, 'keys'),
    PARLEY_MEDIA_PORT: String(mediaPort),
    // This machine has an address in each network: answers must come from the one that was asked.
    PARLEY_MEDIA_LISTEN_ADDRESS: serverAddress,
    PARLEY_ICE_TURN_URLS: `turn:${relayAddress}:3478?transport=tcp`,
    PARLEY_ICE_TURN_SECRET: turnSecret,
  });
  const udp = ['-p', 'udp'];
  const mediaTcp = ['-p', 'tcp', '--dport', `${mediaPort}:${mediaPort + 63}`];
  console.log(
    `${values.delay} ms each way, ${100 * Number(values.loss)} % of the packets lost each way\n\n` +
      '| what is blocked | way of the sound | ready | voice to voice, median | with network and browser, median | answers |\n' +
      '| --- | --- | --- | --- | --- | --- |',
  );
  console.log(await scenario('nothing', server, []));
  console.log(await scenario('UDP', server, [udp]));
  console.log(await scenario('UDP, and TCP to the media ports', server, [udp, mediaTcp]));
  console.log(await scenario('nothing, then UDP', server, [], true));
} finally {
  await server?.stop();
  for (const child of children) child.kill('SIGKILL');
  for (const name of [client, relay]) ip('netns', 'del', name);
  rmSync(folder, { recursive: true, force: true });
}
