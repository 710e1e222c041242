/** `POST /v1/tokens`: makes a token for a backend that holds a key. The key comes in `Authorization: Bearer SECRET`. */
import type { IncomingMessage } from 'node:http';
import { BadRequestError, ForbiddenError, UnauthorizedError } from '../errors.js';
import type { Access } from './access.js';
import { grantRequestSchema } from './call-grant.js';
import { isLoopback, wasForwarded } from './client-address.js';
import type { IssuedToken } from './tokens.js';

const maxBodyBytes = 32_768;

/**
 * Answers one request.
 * @throws UnauthorizedError, ForbiddenError (a key over a line that others can read), BadRequestError naming the field.
 */
export async function takeTokenRequest(request: IncomingMessage, access: Access): Promise<IssuedToken> {
  if (!isPrivateLine(request)) {
    throw new ForbiddenError('plainHttp', 'Keys must come over HTTPS: this request came over plain HTTP.');
  }
  const secret = bearer(request);
  if (secret === undefined)
    throw new UnauthorizedError('tokenMissing', 'Authorization: Bearer KEY is needed.');
  if (!access.isSecret(secret)) throw new UnauthorizedError('tokenForged', 'That is no key of this server.');
  const checked = grantRequestSchema.safeParse(await readJson(request));
  if (!checked.success) {
    const [issue] = checked.error.issues;
    throw new BadRequestError(`${issue?.path.join('.') || 'the body'}: ${issue?.message ?? 'is wrong'}`);
  }
  return access.issue(checked.data);
}

/** What stands behind `Authorization: Bearer`. */
export function bearer({ headers }: IncomingMessage): string | undefined {
  return /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1];
}

/** TLS, a proxy that speaks it in front of us, or this machine itself. */
function isPrivateLine(request: IncomingMessage): boolean {
  if ('encrypted' in request.socket) return true;
  const from = (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  return isLoopback(from) || (wasForwarded(request) && request.headers['x-forwarded-proto'] === 'https');
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBodyBytes) throw new BadRequestError(`The body has more than ${maxBodyBytes} bytes.`);
    chunks.push(chunk);
  }
  try {
    return chunks.length === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw new BadRequestError('The body is no JSON.');
  }
}
