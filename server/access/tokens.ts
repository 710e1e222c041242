/** Tokens: JSON Web Tokens (RFC 7519) signed with HS256, made and checked by jose. */
import { randomUUID } from 'node:crypto';
import { errors, jwtVerify, SignJWT } from 'jose';
import { BadRequestError, UnauthorizedError } from '../errors.js';
import { claimsSchema, grantOf, type Grant, type GrantRequest } from './call-grant.js';
import type { SigningKeys } from './signing-keys.js';

/** Room for the longest persona in the claims. */
const maxTokenCharacters = 24_000;
/** Clocks of two machines may differ by this much. */
const clockToleranceSeconds = 5;

export interface TokenOptions {
  /** Whom tokens are for: the claim `aud`. */
  audience: string;
  /** Lifetime of a token when its maker does not say, seconds. */
  tokenSeconds: number;
  /** Longest lifetime, seconds; what lives longer is refused. */
  maxTokenSeconds: number;
}

export interface IssuedToken {
  token: string;
  /** ISO 8601. */
  expiresAt: string;
}

/**
 * Makes a token with the current key.
 * @throws BadRequestError when it would live too long.
 */
export async function issueToken(
  keys: SigningKeys,
  request: GrantRequest,
  { audience, tokenSeconds, maxTokenSeconds }: TokenOptions,
): Promise<IssuedToken> {
  const { seconds = tokenSeconds, caller, ...grant } = request;
  if (seconds > maxTokenSeconds) {
    throw new BadRequestError(
      `A token may live ${maxTokenSeconds} seconds at most (access.maxTokenSeconds), not ${seconds}.`,
    );
  }
  const now = Math.floor(Date.now() / 1000);
  const jwt = new SignJWT(grant)
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT', kid: keys.current.name })
    .setAudience(audience)
    .setIssuedAt(now)
    .setExpirationTime(now + seconds)
    .setJti(randomUUID());
  if (caller !== undefined) jwt.setSubject(caller);
  return {
    token: await jwt.sign(keys.current.secret),
    expiresAt: new Date((now + seconds) * 1000).toISOString(),
  };
}

/**
 * Checks signature, audience, times and claims.
 * @throws UnauthorizedError saying which of them is wrong.
 */
export async function verifyToken(
  keys: SigningKeys,
  token: unknown,
  { audience, maxTokenSeconds }: TokenOptions,
): Promise<Grant> {
  if (typeof token !== 'string' || token === '') {
    throw new UnauthorizedError('tokenMissing', 'A token is needed to call here.');
  }
  if (token.length > maxTokenCharacters) throw new UnauthorizedError('tokenForged', 'The token is too long.');
  try {
    const { payload } = await jwtVerify(
      token,
      ({ kid }) => {
        const key = keys.byName(kid);
        if (key === undefined) throw new errors.JWKSNoMatchingKey();
        return key.secret;
      },
      {
        algorithms: ['HS256'],
        audience,
        clockTolerance: clockToleranceSeconds,
        requiredClaims: ['exp', 'iat', 'jti'],
      },
    );
    const claims = claimsSchema.parse(payload);
    if (claims.exp - claims.iat > maxTokenSeconds) {
      throw new UnauthorizedError('tokenClaims', `The token lives longer than ${maxTokenSeconds} seconds.`);
    }
    return grantOf(claims);
  } catch (error) {
    throw unauthorized(error);
  }
}

function unauthorized(error: unknown): UnauthorizedError {
  if (error instanceof UnauthorizedError) return error;
  if (error instanceof errors.JWTExpired) {
    return new UnauthorizedError('tokenExpired', 'The token has expired; ask for a new one.');
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    return error.claim === 'aud'
      ? new UnauthorizedError('tokenAudience', 'The token is for somebody else.')
      : new UnauthorizedError('tokenClaims', `The token's claim ${error.claim} is wrong.`);
  }
  if (error instanceof errors.JOSEError) {
    return new UnauthorizedError('tokenForged', 'The token is not signed with a key of this server.');
  }
  return new UnauthorizedError('tokenClaims', 'The token claims something that this server does not know.', {
    cause: error,
  });
}
