/** The HTTP server's certificate: from two files, taken anew when they change, so that it is renewed without a restart. */
import { readFileSync } from 'node:fs';
import {
  createServer as createPlainServer,
  type RequestListener,
  type Server,
  type ServerOptions,
} from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { createSecureContext } from 'node:tls';
import { ConfigurationError } from './errors.js';
import type { Logger } from './log.js';
import { watchFiles } from './watched-files.js';

/** Paths of PEM files; both empty for plain HTTP. */
export interface TlsFiles {
  /** With the intermediate certificates behind it. */
  certificate: string;
  key: string;
}

/**
 * Makes the server, plain or with TLS.
 * @throws ConfigurationError when certificate or key cannot be read or do not belong together.
 */
export function createHttpServer(
  files: TlsFiles,
  options: ServerOptions,
  handle: RequestListener,
  log: Logger,
): Server {
  if (files.certificate === '') return createPlainServer(options, handle);
  const server = createSecureServer({ ...options, minVersion: 'TLSv1.2', ...readPair(files) }, handle);
  const stop = watchFiles([files.certificate, files.key], () => {
    try {
      server.setSecureContext(readPair(files));
      log.info('the certificate was taken anew');
    } catch (error) {
      // The two are rarely written at once; the second change brings both.
      log.warn({ err: error }, 'the new certificate cannot be used yet; the old one stays');
    }
  });
  server.once('close', stop);
  return server;
}

function readPair(files: TlsFiles): { cert: Buffer; key: Buffer } {
  try {
    const pair = { cert: readFileSync(files.certificate), key: readFileSync(files.key) };
    createSecureContext(pair);
    return pair;
  } catch (error) {
    throw new ConfigurationError(
      `server.tlsCertificate and server.tlsKey: ${error instanceof Error ? error.message : String(error)}.`,
      { cause: error },
    );
  }
}
