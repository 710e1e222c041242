/** The figures of the server: for whoever holds a token that says so, and for programs of its own machine. */
import type { IncomingMessage } from 'node:http';
import { ForbiddenError } from '../errors.js';
import type { Access } from './access.js';
import { isLoopback, wasForwarded } from './client-address.js';
import { bearer } from './token-endpoint.js';

/**
 * Lets a request pass that comes from this machine itself, by no proxy, or brings an admin's token.
 * @throws UnauthorizedError, ForbiddenError
 */
export async function adminOnly(request: IncomingMessage, access: Access): Promise<void> {
  const from = (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  if (isLoopback(from) && !wasForwarded(request)) return;
  const grant = await access.grant(bearer(request));
  if (!grant.admin)
    throw new ForbiddenError('notGranted', 'The token is not one for administrators (admin).');
}
