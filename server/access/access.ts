/** Who may come in: tokens, origins, and the rule that without keys only this machine itself may. */
import type { IncomingMessage } from 'node:http';
import type { Config } from '../config.js';
import { ConfigurationError, ForbiddenError } from '../errors.js';
import type { Logger } from '../log.js';
import { localGrant, type Grant, type GrantRequest } from './call-grant.js';
import { addressReader, isLoopback, peerReader, wasForwarded, type AddressReader } from './client-address.js';
import { SigningKeys } from './signing-keys.js';
import { issueToken, verifyToken, type IssuedToken } from './tokens.js';

export class Access {
  /** The address that limits count by. */
  readonly addressOf: AddressReader;
  /** The same from a connection alone; undefined for a trusted proxy. */
  readonly peerOf: ReturnType<typeof peerReader>;
  readonly #config: Config['access'];
  readonly #keys: SigningKeys | undefined;

  /**
   * @throws ConfigurationError when the server would be open to everybody, or the keys cannot be read.
   */
  constructor({ server, access }: Pick<Config, 'server' | 'access'>, log: Logger) {
    if (access.keysFile === '' && !isLoopback(server.host)) {
      throw new ConfigurationError(
        `The server would listen on ${server.host}, where others can reach it, and has no keys: anybody could call. ` +
          'Make one with "npm run --silent token -- new-key > keys" and name the file in access.keysFile ' +
          '(PARLEY_ACCESS_KEYS_FILE), or listen on 127.0.0.1.',
      );
    }
    this.#config = access;
    this.addressOf = addressReader(access.trustedProxies);
    this.peerOf = peerReader(access.trustedProxies);
    this.#keys = access.keysFile === '' ? undefined : SigningKeys.open(access.keysFile, log);
  }

  /** Whether callers need a token. */
  get tokensNeeded(): boolean {
    return this.#keys !== undefined;
  }

  /**
   * Looks at who asks, before anything is read of what they want: a page of another origin may not, and without keys
   * nobody who comes from elsewhere.
   * @throws ForbiddenError
   */
  checkRequest(request: IncomingMessage): void {
    const { origin, host = '' } = request.headers;
    if (this.#keys === undefined) {
      // A name that leads here by a trick of its DNS is still not ours.
      const name = host.replace(/:\d+$/, '');
      if (wasForwarded(request) || !isLoopback(name)) {
        throw new ForbiddenError(
          'notLocal',
          'This server has no keys and serves its own machine only. See access.keysFile.',
        );
      }
    }
    // No browser: whoever is not one could say anything.
    if (origin === undefined) return;
    if (this.#config.origins.includes(origin) || hostOf(origin) === host) return;
    throw new ForbiddenError(
      'foreignOrigin',
      `Pages of ${JSON.stringify(origin.slice(0, 100))} may not call here. See access.origins.`,
    );
  }

  /**
   * What the holder of a token may do.
   * @throws UnauthorizedError
   */
  async grant(token: unknown): Promise<Grant> {
    return this.#keys === undefined ? localGrant : verifyToken(this.#keys, token, this.#config);
  }

  /** Whether a text is the secret of a key. */
  isSecret(text: string): boolean {
    return this.#keys?.isSecret(text) ?? false;
  }

  /**
   * Makes a token.
   * @throws BadRequestError when it would live too long; ForbiddenError when there is no key to sign with.
   */
  async issue(request: GrantRequest): Promise<IssuedToken> {
    if (this.#keys === undefined) {
      throw new ForbiddenError(
        'notLocal',
        'This server has no keys, and needs no tokens. See access.keysFile.',
      );
    }
    return issueToken(this.#keys, request, this.#config);
  }

  close(): void {
    this.#keys?.close();
  }
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
