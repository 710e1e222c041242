import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { request } from 'node:https';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { pino } from 'pino';
import { CipherContext, HashAlgorithm, NamedCurveAlgorithm } from 'werift';
import { afterAll, expect, it } from 'vitest';
import { createHttpServer, type TlsFiles } from '../../server/tls.js';
import { until } from '../helpers/until.js';

const folder = mkdtempSync(join(tmpdir(), 'parley-tls-'));
const files: TlsFiles = { certificate: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
const logged: string[] = [];
const log = pino({}, { write: (line: string) => logged.push(line) });
let server: Server | undefined;
afterAll(() => {
  server?.close();
  rmSync(folder, { recursive: true });
});

/** ECDSA on P-256. */
async function newCertificate(): Promise<{ certPem: string; keyPem: string }> {
  const signatureHash = { signature: 3, hash: HashAlgorithm.sha256_4 } as const;
  return CipherContext.createSelfSignedCertificateWithKey(signatureHash, NamedCurveAlgorithm.secp256r1_23);
}

/** The fingerprint of the certificate that the server shows, and the page's status. */
async function visit(): Promise<{ fingerprint: string; status: number | undefined }> {
  const { port } = server?.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    request({ port, host: '127.0.0.1', rejectUnauthorized: false, agent: false }, (response) => {
      const { fingerprint256 } = (response.socket as TLSSocket).getPeerCertificate();
      response
        .resume()
        .on('end', () => resolve({ fingerprint: fingerprint256, status: response.statusCode }));
    })
      .on('error', reject)
      .end();
  });
}

it('serves over TLS, and takes a new certificate without a restart', async () => {
  const first = await newCertificate();
  const second = await newCertificate();
  expect(first.certPem).not.toBe(second.certPem);
  writeFileSync(files.certificate, first.certPem);
  writeFileSync(files.key, first.keyPem);
  server = createHttpServer(files, {}, (_, response) => response.end('hello'), log);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const before = await visit();
  expect(before.status).toBe(200);
  writeFileSync(files.certificate, second.certPem);
  writeFileSync(files.key, second.keyPem);
  await until('the new certificate is shown', async () => (await visit()).fingerprint !== before.fingerprint);
  // What does not fit together changes nothing.
  const shown = (await visit()).fingerprint;
  writeFileSync(files.key, 'no key');
  await until('the change is seen', () => logged.some((line) => line.includes('the old one stays')));
  expect((await visit()).fingerprint).toBe(shown);
});

it('does not start with what is no certificate', async () => {
  const { certPem, keyPem } = await newCertificate();
  const other = await newCertificate();
  const cases: [string, string, RegExp][] = [
    [certPem, other.keyPem, /mismatch/],
    ['x', keyPem, /server\.tlsCertificate/],
  ];
  for (const [certificate, key, says] of cases) {
    writeFileSync(files.certificate, certificate);
    writeFileSync(files.key, key);
    expect(() => createHttpServer(files, {}, () => undefined, log)).toThrow(says);
  }
  const missing = { certificate: join(folder, 'nowhere'), key: files.key };
  expect(() => createHttpServer(missing, {}, () => undefined, log)).toThrow(/ENOENT/);
});
