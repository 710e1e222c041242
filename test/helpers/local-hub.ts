/**
 * A model hub on this machine that speaks Hugging Face's protocol: `resolve` redirects large files to a second host, with
 * their size and sum in headers, ranges are served there. It can be told to misbehave, file by file.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How a file is served. */
export interface Behaviour {
  /** Cuts every answer after so many bytes of it. */
  cutAfter?: number;
  /** So often; then it behaves. Default: always. */
  cutTimes?: number;
  /** Serves these bytes in place of the file's, and says that they are the file's. */
  wrong?: Buffer;
  /** Says this size in headers and serves the file. */
  claims?: number;
  /** Says that this is its sum. */
  claimsSha256?: string;
  /** Answers with this status, as long as there is one. */
  statuses?: number[];
  headers?: Record<string, string>;
  /** Answers a range with the whole. */
  ignoresRanges?: boolean;
  /** Pieces of this many bytes, one each millisecond. */
  slowly?: number;
}

export interface Asked {
  host: 'hub' | 'store' | 'mirror';
  method: string;
  path: string;
  range: string | undefined;
  authorization: string | undefined;
  status: number;
}

export const commit = 'c0ffee'.repeat(6) + 'beef';

export class LocalHub {
  readonly files = new Map<string, Buffer>();
  readonly behaviour = new Map<string, Behaviour>();
  readonly asked: Asked[] = [];
  readonly #servers: Server[] = [];
  endpoint = '';
  /** Serves the files by their path in the repository. */
  mirror = '';
  /** Serves the files by repository and path, as each is told to behave. */
  store = '';

  static async start(): Promise<LocalHub> {
    const hub = new LocalHub();
    hub.endpoint = await hub.#listen('127.0.0.1', (request, response) => hub.#resolve(request, response));
    // Another host, not merely another port.
    hub.store = await hub.#listen('127.0.0.2', (request, response) => hub.#serve('store', request, response));
    hub.mirror = await hub.#listen('127.0.0.3', (request, response) =>
      hub.#serve('mirror', request, response),
    );
    return hub;
  }

  /** @param path in the repository. */
  add(
    repository: string,
    path: string,
    content: Buffer,
    behaviour: Behaviour = {},
  ): { size: number; sha256: string } {
    this.files.set(`${repository}/${path}`, content);
    this.behaviour.set(`${repository}/${path}`, behaviour);
    return { size: content.length, sha256: sha256(content) };
  }

  /** Requests for a file's bytes. */
  asksFor(path: string): Asked[] {
    return this.asked.filter((one) => one.path.endsWith(path) && one.host !== 'hub');
  }

  async close(): Promise<void> {
    for (const server of this.#servers) {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    }
  }

  async #listen(
    host: string,
    serve: (request: IncomingMessage, response: ServerResponse) => void,
  ): Promise<string> {
    const server = createServer(serve);
    this.#servers.push(server);
    server.listen(0, host);
    await once(server, 'listening');
    return `http://${host}:${(server.address() as AddressInfo).port}`;
  }

  #resolve(request: IncomingMessage, response: ServerResponse): void {
    const [, repository = '', path = ''] =
      /^\/([^/]+\/[^/]+)\/resolve\/[^/]+\/(.*)$/.exec(request.url ?? '') ?? [];
    const key = `${repository}/${path}`;
    const content = this.files.get(key);
    const behaviour = this.behaviour.get(key) ?? {};
    const status = content === undefined ? 404 : (behaviour.statuses?.shift() ?? 302);
    this.#note('hub', request, key, status);
    response.writeHead(
      status,
      status !== 302 || content === undefined
        ? { ...behaviour.headers }
        : {
            location: `${this.store}/${key}`,
            'x-linked-size': String(behaviour.claims ?? content.length),
            'x-linked-etag': `"${behaviour.claimsSha256 ?? sha256(behaviour.wrong ?? content)}"`,
            'x-repo-commit': commit,
          },
    );
    response.end();
  }

  #serve(host: 'store' | 'mirror', request: IncomingMessage, response: ServerResponse): void {
    const asked = (request.url ?? '').slice(1);
    // A mirror has the tree of one repository, without its name.
    const key =
      host === 'store' ? asked : ([...this.files.keys()].find((name) => name.endsWith(`/${asked}`)) ?? '');
    const file = this.files.get(key);
    const behaviour = host === 'store' ? (this.behaviour.get(key) ?? {}) : {};
    if (file === undefined) {
      this.#note(host, request, key, 404);
      response.writeHead(404).end();
      return;
    }
    const content = behaviour.wrong ?? file;
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const partial = from > 0 && behaviour.ignoresRanges !== true;
    if (partial && from >= content.length) {
      this.#note(host, request, key, 416);
      response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end();
      return;
    }
    const body = partial ? content.subarray(from) : content;
    this.#note(host, request, key, partial ? 206 : 200);
    response.writeHead(partial ? 206 : 200, {
      'content-length': String(behaviour.claims ?? body.length),
      ...(partial ? { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` } : {}),
    });
    if (request.method === 'HEAD') response.end();
    else void this.#send(response, body, behaviour);
  }

  async #send(response: ServerResponse, body: Buffer, behaviour: Behaviour): Promise<void> {
    const cut = behaviour.cutAfter !== undefined && (behaviour.cutTimes ?? 1) > 0;
    if (cut && behaviour.cutTimes !== undefined) behaviour.cutTimes--;
    const bytes = cut ? body.subarray(0, behaviour.cutAfter) : body;
    const piece = behaviour.slowly ?? 65_536;
    for (let at = 0; at < bytes.length && !response.destroyed; at += piece) {
      await new Promise((done) => response.write(bytes.subarray(at, at + piece), done));
      if (behaviour.slowly !== undefined) await new Promise((done) => setTimeout(done, 1));
    }
    if (cut || behaviour.claims !== undefined) response.destroy();
    else response.end();
  }

  #note(host: Asked['host'], { method, headers }: IncomingMessage, path: string, status: number): void {
    const { range, authorization } = headers;
    this.asked.push({ host, method: method ?? '', path, range, authorization, status });
  }
}

export function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
