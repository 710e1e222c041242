/** Every error that Parley raises on purpose, each with a stable code that the page and the README explain. */

export const errorCodes = [
  'badConfiguration',
  'badRequest',
  'unauthorized',
  'forbidden',
  'notFound',
  'wrongState',
  'serverFull',
  'serverDraining',
  'tooManyRequests',
  'mediaFailed',
  'engineFailed',
  'modelUnusable',
  'timeLimit',
  'internal',
] as const;
export type ErrorCode = (typeof errorCodes)[number];

/** Base of all of them. `message` is a sentence that says what is wrong and what would be right. */
export class ParleyError extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** A setting is unknown, of the wrong type or out of range. */
export class ConfigurationError extends ParleyError {
  constructor(message: string, options?: ErrorOptions) {
    super('badConfiguration', message, options);
  }
}

/** A client's message is not what the protocol says. */
export class BadRequestError extends ParleyError {
  constructor(message: string, options?: ErrorOptions) {
    super('badRequest', message, options);
  }
}

/** Whether an error says that somebody was turned away, and why. */
export function isRefusal(
  error: unknown,
): error is UnauthorizedError | ForbiddenError | TooManyRequestsError {
  return (
    error instanceof UnauthorizedError ||
    error instanceof ForbiddenError ||
    error instanceof TooManyRequestsError
  );
}

/** Why somebody was turned away; the metrics count by it. */
export type RefusalReason =
  | 'tokenMissing'
  | 'tokenForged'
  | 'tokenExpired'
  | 'tokenAudience'
  | 'tokenClaims'
  | 'foreignOrigin'
  | 'notLocal'
  | 'notGranted'
  | 'plainHttp'
  | 'connections'
  | 'newConnections'
  | 'callsPerToken'
  | 'callsPerAddress'
  | 'halfOpenCalls'
  | 'resumption'
  | 'messages'
  | 'flood'
  | 'framing'
  | 'shutOut';

/** The token is missing, expired, forged or for somebody else. */
export class UnauthorizedError extends ParleyError {
  readonly reason: RefusalReason;
  constructor(reason: RefusalReason, message: string, options?: ErrorOptions) {
    super('unauthorized', message, options);
    this.reason = reason;
  }
}

/** Whoever asks is known well enough, and may not. */
export class ForbiddenError extends ParleyError {
  readonly reason: RefusalReason;
  constructor(reason: RefusalReason, message: string) {
    super('forbidden', message);
    this.reason = reason;
  }
}

/** More than one address, token or socket may have. */
export class TooManyRequestsError extends ParleyError {
  readonly reason: RefusalReason;
  constructor(reason: RefusalReason, message: string) {
    super('tooManyRequests', message);
    this.reason = reason;
  }
}

/** What a client names does not exist, or belongs to somebody else: the two are not told apart. */
export class NotFoundError extends ParleyError {
  constructor(message: string) {
    super('notFound', message);
  }
}

/** The message is right but comes at the wrong time. */
export class WrongStateError extends ParleyError {
  constructor(message: string) {
    super('wrongState', message);
  }
}

/** Every place is taken. */
export class ServerFullError extends ParleyError {
  /** When it makes sense to try again, seconds. */
  readonly retryAfterSeconds: number;
  constructor(message: string, retryAfterSeconds = 30) {
    super('serverFull', message);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** The server is going down and takes no new calls. */
export class ServerDrainingError extends ParleyError {
  constructor() {
    super('serverDraining', 'The server is shutting down and takes no new calls.');
  }
}

/** The media path of a call broke: a mediasoup worker or the media thread died, or a transport failed. */
export class MediaFailedError extends ParleyError {
  constructor(message: string, options?: ErrorOptions) {
    super('mediaFailed', message, options);
  }
}

/** An engine's thread or process died or refused the request. */
export class EngineFailedError extends ParleyError {
  constructor(message: string, options?: ErrorOptions) {
    super('engineFailed', message, options);
  }
}

/** A model's file or library is missing, damaged or not what was expected. */
export class ModelUnusableError extends ParleyError {
  constructor(message: string, options?: ErrorOptions) {
    super('modelUnusable', message, options);
  }
}

/** Whether an error is nothing but the news that its signal aborted. */
export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
