/** Requests to a model hub that speaks Hugging Face's protocol, over proxies, with redirects and the user's token. */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { EnvHttpProxyAgent, request, type Dispatcher } from 'undici';
import type { HubSource } from './catalogue-entry.js';

/** Who is asked, and in whose name. */
export interface Hub {
  /** Without a slash at the end. */
  endpoint: string;
  /** Sent to the endpoint, and to nobody that it redirects to. */
  token: string | undefined;
  dispatcher: Dispatcher;
}

/** What a hub tells of a file, before its bytes and in place of them. */
export interface HubResponse {
  status: number;
  headers: Record<string, string>;
  /** Bytes of the whole file, as far as told. */
  size: number | undefined;
  /** Of files in large-file storage. */
  sha256: string | undefined;
  /** Commit that the revision stands for. */
  commit: string | undefined;
  body: Readable;
}

const redirectsAtMost = 8;
/** A connection that says nothing for so long is given up, ms. */
const silenceLimitMs = 30_000;

/**
 * From `HF_ENDPOINT`, `HF_TOKEN`, the token file in `HF_TOKEN_PATH` or `HF_HOME`, and `HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`.
 */
export function hubOf(env: NodeJS.ProcessEnv): Hub {
  const endpoint = (env['HF_ENDPOINT'] || 'https://huggingface.co').replace(/\/+$/, '');
  const tokenFile = env['HF_TOKEN_PATH'] || join(hubHome(env), 'token');
  const token = env['HF_TOKEN'] || (existsSync(tokenFile) ? readFileSync(tokenFile, 'utf8').trim() : '');
  const dispatcher = new EnvHttpProxyAgent({ headersTimeout: silenceLimitMs, bodyTimeout: silenceLimitMs });
  return { endpoint, token: token === '' ? undefined : token, dispatcher };
}

/** Where Hugging Face's own tools keep their things. */
export function hubHome(env: NodeJS.ProcessEnv): string {
  return (
    env['HF_HOME'] || join(env['XDG_CACHE_HOME'] || join(env['HOME'] || homedir(), '.cache'), 'huggingface')
  );
}

/** Address of a file on a hub. */
export function addressOf({ repository, revision, path }: HubSource, endpoint: string): URL {
  const parts = [revision, ...path.split('/')].map(encodeURIComponent).join('/');
  return new URL(`${endpoint}/${repository}/resolve/${parts}`);
}

/**
 * Asks for a file and follows redirects.
 * @param from first byte that is wanted; 0 for the whole.
 * @throws what undici throws when a connection fails; Error when there are too many redirects or one leads out of TLS.
 */
export async function ask(
  address: URL,
  { method = 'GET', from = 0 }: { method?: 'GET' | 'HEAD'; from?: number },
  hub: Hub,
  signal: AbortSignal,
): Promise<HubResponse> {
  const trusted = new URL(hub.endpoint).origin;
  const told: Record<string, string> = {};
  let url = address;
  for (let redirects = 0; redirects <= redirectsAtMost; redirects++) {
    const { statusCode, headers, body } = await request(url, {
      method,
      dispatcher: hub.dispatcher,
      signal,
      headers: {
        'user-agent': 'parley',
        'accept-encoding': 'identity',
        ...(from > 0 ? { range: `bytes=${from}-` } : {}),
        ...(hub.token !== undefined && url.origin === trusted
          ? { authorization: `Bearer ${hub.token}` }
          : {}),
      },
    });
    // Whoever reads the body is told by the reading; one that is thrown away may break as it likes.
    body.on('error', () => undefined);
    const single = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [
        name,
        Array.isArray(value) ? (value[0] ?? '') : (value ?? ''),
      ]),
    );
    if (url.origin === trusted)
      for (const name of ['x-linked-size', 'x-linked-etag', 'x-repo-commit'])
        if (single[name] !== undefined) told[name] = single[name];
    const location = single['location'];
    if (statusCode < 300 || statusCode >= 400 || location === undefined)
      return { status: statusCode, headers: single, ...facts(told, single, statusCode), body };
    await body.dump();
    const next = new URL(location, url);
    if (url.protocol === 'https:' && next.protocol !== 'https:')
      throw new Error(`${url.origin} redirects to ${next.origin}, which is not encrypted.`);
    url = next;
  }
  throw new Error(`${address.href} redirects more than ${redirectsAtMost} times.`);
}

function facts(told: Record<string, string>, last: Record<string, string>, status: number) {
  const etag = (told['x-linked-etag'] ?? '').replaceAll('"', '').replace(/^W\//, '');
  const length =
    last['content-range']?.split('/')[1] ?? (status === 200 ? last['content-length'] : undefined);
  const size = Number(told['x-linked-size'] ?? length);
  return {
    size: Number.isSafeInteger(size) ? size : undefined,
    sha256: /^[0-9a-f]{64}$/.test(etag) ? etag : undefined,
    commit: told['x-repo-commit'],
  };
}
