/** The page, the health endpoints and the metrics over HTTP. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { join } from 'node:path';
import sirv from 'sirv';
import { ConfigurationError } from './errors.js';
import type { Logger } from './log.js';
import type { Metrics } from './observability/metrics.js';
import { projectRoot } from './project-root.js';

export interface HttpOptions {
  host: string;
  port: number;
  metrics: Metrics;
  /** Why the server would not serve a new caller at this moment, or `undefined` when it would. */
  unready(): string | undefined;
  log: Logger;
}

/** The page loads nothing from elsewhere and runs no script but its own. */
const securityHeaders = {
  'Content-Security-Policy':
    "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; media-src 'self' blob: mediastream:; " +
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Permissions-Policy': 'microphone=(self), camera=(), geolocation=()',
};

/**
 * Listens on host and port.
 * @throws ConfigurationError when the address or port cannot be had.
 */
export async function startHttpServer(options: HttpOptions): Promise<Server> {
  const page = sirv(join(projectRoot(), 'dist/client'), { etag: true, dev: false });
  const server = createServer((request, response) => {
    handle(request, response, options, page).catch((error: unknown) => {
      options.log.error({ err: error }, 'an HTTP request failed');
      if (!response.headersSent) send(response, 500, 'Something in the server failed.\n');
    });
  });
  server.listen(options.port, options.host);
  try {
    await once(server, 'listening');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const why =
      code === 'EADDRINUSE'
        ? 'the port is in use. Stop the other program, or choose another port with PORT or server.port'
        : String(error);
    throw new ConfigurationError(`Cannot listen on ${options.host}:${options.port}: ${why}.`, {
      cause: error,
    });
  }
  return server;
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  options: HttpOptions,
  page: ReturnType<typeof sirv>,
): Promise<void> {
  for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
  switch (new URL(request.url ?? '/', 'http://localhost').pathname) {
    case '/healthz':
      return send(response, 200, 'alive\n');
    case '/readyz': {
      const why = options.unready();
      return why === undefined ? send(response, 200, 'ready\n') : send(response, 503, `${why}\n`);
    }
    case '/metrics': {
      const { contentType, body } = await options.metrics.text();
      return send(response, 200, body, contentType);
    }
    default:
      page(request, response, () => send(response, 404, 'There is no such page.\n'));
  }
}

function send(
  response: ServerResponse,
  status: number,
  body: string,
  contentType = 'text/plain; charset=utf-8',
): void {
  response.writeHead(status, { 'Content-Type': contentType, 'Cache-Control': 'no-store' }).end(body);
}
