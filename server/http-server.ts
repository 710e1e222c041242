/** The page, the health endpoints and the metrics over HTTP. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { once } from 'node:events';
import { join } from 'node:path';
import sirv from 'sirv';
import type { Access } from './access/access.js';
import { adminOnly } from './access/admin-only.js';
import { guardConnections, type ShutOut } from './access/shut-out.js';
import { takeTokenRequest } from './access/token-endpoint.js';
import {
  BadRequestError,
  ConfigurationError,
  ForbiddenError,
  isRefusal,
  TooManyRequestsError,
  UnauthorizedError,
} from './errors.js';
import type { Logger } from './log.js';
import type { Metrics } from './observability/metrics.js';
import type { ServerStatus } from './observability/server-status.js';
import type { Refusals } from './observability/refusals.js';
import { projectRoot } from './project-root.js';
import { createHttpServer, type TlsFiles } from './tls.js';

export interface HttpOptions {
  host: string;
  port: number;
  tls: TlsFiles;
  metrics: Metrics;
  access: Access;
  refusals: Refusals;
  shutOut: ShutOut;
  /** What administrators see; undefined while the server starts. */
  status(): ServerStatus | undefined;
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
  const server = createHttpServer(
    options.tls,
    { connectionsCheckingInterval: 5000 },
    (request, response) => {
      handle(request, response, options, page).catch((error: unknown) => {
        refuse(request, response, error, options);
      });
    },
    options.log,
  );
  guardConnections(server, (socket) => {
    const address = options.access.peerOf(socket);
    return address === undefined || options.shutOut.admits(address);
  });
  // Whoever sends a request by drops holds a connection for no longer than this.
  server.headersTimeout = server.requestTimeout = 10_000;
  server.keepAliveTimeout = 5000;
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
  if (options.tls.certificate !== '') response.setHeader('Strict-Transport-Security', 'max-age=31536000');
  const [path = '/'] = (request.url ?? '/').split('?');
  switch (path) {
    case '/healthz':
      return send(response, 200, 'alive\n');
    case '/readyz': {
      const why = options.unready();
      return why === undefined ? send(response, 200, 'ready\n') : send(response, 503, `${why}\n`);
    }
  }
  options.access.checkRequest(request);
  switch (path) {
    case '/v1/tokens': {
      if (request.method !== 'POST') return send(response, 405, 'Tokens are made by POST.\n');
      const issued = await takeTokenRequest(request, options.access);
      return send(response, 201, `${JSON.stringify(issued)}\n`, 'application/json');
    }
    case '/admin':
      request.url = '/admin.html';
      return page(request, response, () => send(response, 404, 'There is no such page.\n'));
    case '/v1/status': {
      await adminOnly(request, options.access);
      const status = options.status();
      if (status === undefined) return send(response, 503, 'starting\n');
      return send(response, 200, `${JSON.stringify(status)}\n`, 'application/json');
    }
    case '/metrics': {
      await adminOnly(request, options.access);
      const { contentType, body } = await options.metrics.text();
      return send(response, 200, body, contentType);
    }
    default:
      page(request, response, () => send(response, 404, 'There is no such page.\n'));
  }
}

/** Answers a request that failed: with the reason when it is the asker's fault, which is counted, not logged as ours. */
function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  error: unknown,
  { access, refusals, log }: HttpOptions,
): void {
  const status = statusOf(error);
  if (isRefusal(error)) refusals.add(error.reason, access.addressOf(request), error.message);
  if (status === 500) log.error({ err: error }, 'an HTTP request failed');
  if (response.headersSent) return;
  if (status === 401) response.setHeader('WWW-Authenticate', 'Bearer');
  // What is left of a body is not read.
  response.setHeader('Connection', 'close');
  const message =
    status !== 500 && error instanceof Error ? error.message : 'Something in the server failed.';
  send(response, status, `${message}\n`);
}

function statusOf(error: unknown): number {
  if (error instanceof UnauthorizedError) return 401;
  if (error instanceof ForbiddenError) return 403;
  if (error instanceof TooManyRequestsError) return 429;
  return error instanceof BadRequestError ? 400 : 500;
}

function send(
  response: ServerResponse,
  status: number,
  body: string,
  contentType = 'text/plain; charset=utf-8',
): void {
  response.writeHead(status, { 'Content-Type': contentType, 'Cache-Control': 'no-store' }).end(body);
}
