/**
 * Tries the configurations of config/deploy for Caddy and nginx with the programs themselves: `npm run bench -- proxies`
 * (`apt-get install caddy nginx-light`). A server with keys stands behind each; a page, tokens, a call with a token and limits
 * per address are asked for through TLS.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CipherContext, HashAlgorithm, NamedCurveAlgorithm } from 'werift';
import { newKeyLine } from '../../server/access/signing-keys.js';
import { projectRoot } from '../../server/project-root.js';
import { WebRtcCaller } from '../callers/web-rtc-caller.js';
import { ServerProcess } from '../helpers/server-process.js';
import { until } from '../helpers/until.js';

const folder = mkdtempSync(join(tmpdir(), 'parley-proxies-'));
const port = 8443;
const keyLine = newKeyLine('k');
const [, secret = ''] = keyLine.split(' ');
writeFileSync(join(folder, 'keys'), keyLine);
const signature = { signature: 3, hash: HashAlgorithm.sha256_4 } as const;
const { certPem, keyPem } = await CipherContext.createSelfSignedCertificateWithKey(
  signature,
  NamedCurveAlgorithm.secp256r1_23,
);
writeFileSync(join(folder, 'cert.pem'), certPem);
writeFileSync(join(folder, 'key.pem'), keyPem);
// The certificate is nobody's; what is tried is the way through the proxy.
process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
process.removeAllListeners('warning');

/** The file as it stands in the tree, with this machine's name, ports and certificate. */
function adapted(file: string, server: URL): string {
  return readFileSync(join(projectRoot(), 'config/deploy', file), 'utf8')
    .replaceAll('127.0.0.1:3000', server.host)
    .replace(/^parley\.example\.org \{/m, `localhost:${port} {\n\ttls internal`)
    .replace('listen 443', `listen ${port}`)
    .replace('server_name parley.example.org', 'server_name localhost')
    .replace(/ssl_certificate .*;/, `ssl_certificate ${folder}/cert.pem;`)
    .replace(/ssl_certificate_key .*;/, `ssl_certificate_key ${folder}/key.pem;`);
}

function startProxy(name: 'caddy' | 'nginx', server: URL): ChildProcess {
  if (name === 'caddy') {
    const path = join(folder, 'Caddyfile');
    writeFileSync(
      path,
      `{\n\tadmin off\n\tskip_install_trust\n\tauto_https disable_redirects\n}\n${adapted('Caddyfile', server)}`,
    );
    return spawn('caddy', ['run', '--adapter', 'caddyfile', '--config', path], {
      stdio: 'ignore',
      env: { ...process.env, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
    });
  }
  const path = join(folder, 'nginx.conf');
  writeFileSync(
    path,
    `daemon off; pid ${folder}/nginx.pid; error_log ${folder}/nginx.log; events {}\n` +
      `http { access_log off; ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
        .map((kind) => `${kind}_temp_path ${folder}/${kind};`)
        .join(' ')}\n${adapted('nginx.conf', server)}}\n`,
  );
  return spawn('nginx', ['-c', path], { stdio: 'ignore' });
}

async function tryProxy(name: 'caddy' | 'nginx'): Promise<void> {
  if (spawnSync('which', [name]).status !== 0) {
    console.log(`${name}: not installed`);
    return;
  }
  const server = await ServerProcess.start({
    PARLEY_ACCESS_KEYS_FILE: join(folder, 'keys'),
    PARLEY_ACCESS_TRUSTED_PROXIES: '127.0.0.1,::1',
    PARLEY_LOG_LEVEL: 'info',
  });
  const proxy = startProxy(name, new URL(server.url));
  try {
    const url = `https://localhost:${port}/`;
    const status = (path: string, init?: RequestInit) =>
      fetch(new URL(path, url), init).then(
        (response) => response.status,
        () => 0,
      );
    await until('the proxy answers', async () => (await status('healthz')) === 200, 20_000);
    const authorization = `Bearer ${secret}`;
    const made = await fetch(new URL('v1/tokens', url), {
      method: 'POST',
      headers: { authorization },
      body: JSON.stringify({ seconds: 60 }),
    });
    const { token } = (await made.json()) as { token: string };
    const results: Record<string, unknown> = {
      page: await status(''),
      'token made': made.status,
      'metrics without a token': await status('metrics'),
      'foreign origin': await status('', { headers: { origin: 'https://evil.example.org' } }),
    };
    results['call without a token'] = await WebRtcCaller.call(url).then(
      () => 'let in',
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    const caller = await WebRtcCaller.call(url, {}, 15_000, { token });
    await caller.say('What is the capital of France?');
    results['call'] = (await caller.waitForAnswer()).text;
    await caller.leave();
    const refused = server.log.filter(({ msg }) => msg.startsWith('turned away'));
    results['refusals logged with the address'] = [...new Set(refused.map((line) => line['address']))].join(
      ', ',
    );
    console.log(`${name}: ${JSON.stringify(results, undefined, 2)}`);
  } finally {
    proxy.kill('SIGTERM');
    await server.stop();
  }
}

try {
  await tryProxy('caddy');
  await tryProxy('nginx');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
