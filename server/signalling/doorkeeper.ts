/** Decides who may open a socket: first by where the request comes from, then by the token. Every refusal is counted. */
import type { IncomingMessage } from 'node:http';
import type { Access } from '../access/access.js';
import { applyGrant } from '../access/apply-grant.js';
import type { Grant } from '../access/call-grant.js';
import type { CallerLimits, CallPlace } from '../access/caller-limits.js';
import type { ShutOut } from '../access/shut-out.js';
import { isRefusal, ParleyError, TooManyRequestsError } from '../errors.js';
import type { Refusals } from '../observability/refusals.js';
import type { ProtocolError, StartCallRequest } from '../protocol.js';

/** What is known of a socket before its first message. */
export interface Handshake {
  auth: unknown;
}

/** An error as socket.io hands it to the client whose connection it refuses. */
type RefusedHandshake = Error & { data: ProtocolError };

export class Doorkeeper {
  readonly #access: Pick<Access, 'checkRequest' | 'grant' | 'addressOf'>;
  readonly #limits: CallerLimits;
  readonly #shutOut: ShutOut;
  readonly #refusals: Refusals;

  constructor(
    access: Pick<Access, 'checkRequest' | 'grant' | 'addressOf'>,
    limits: CallerLimits,
    shutOut: ShutOut,
    refusals: Refusals,
  ) {
    this.#access = access;
    this.#limits = limits;
    this.#shutOut = shutOut;
    this.#refusals = refusals;
  }

  /** Whether a WebSocket may be opened at all. The browser learns nothing but that it may not. */
  mayConnect(request: IncomingMessage): boolean {
    const address = this.#access.addressOf(request);
    // Whose connections are not closed before they get here, for a proxy stands in between.
    if (!this.#shutOut.admits(address)) return false;
    try {
      this.#access.checkRequest(request);
      this.#limits.checkConnection(address);
      return true;
    } catch (error) {
      this.#shutOut.refused(address);
      this.#count(error, request);
      return false;
    }
  }

  /** A WebSocket has opened. @returns to be called when it is gone. */
  opened(request: IncomingMessage): () => void {
    return this.#limits.connected(this.#access.addressOf(request));
  }

  /** A client sends more than it may; one that floods is about to be cut off. */
  sentTooMuch(reason: 'messages' | 'flood', request: IncomingMessage): TooManyRequestsError {
    const error = new TooManyRequestsError(reason, 'The client sends more than it may.');
    if (reason === 'flood') {
      const address = this.#access.addressOf(request);
      this.#limits.flooded(address);
      this.#shutOut.wasCut(address);
    }
    this.#count(error, request);
    return error;
  }

  /** A client was cut off because what it sent is not what clients send. */
  brokeFraming(request: IncomingMessage): void {
    this.#shutOut.wasCut(this.#access.addressOf(request));
    this.#count(new TooManyRequestsError('framing', 'The client does not keep to the protocol.'), request);
  }

  /**
   * Checks the token of a socket that has opened.
   * @returns to be called when it is gone.
   * @throws an error with what the client is told.
   */
  async greet({ auth }: Handshake, request: IncomingMessage): Promise<() => void> {
    try {
      return this.#limits.tokenConnected(await this.#access.grant(tokenIn(auth)));
    } catch (error) {
      this.#count(error, request);
      throw refusedHandshake(error);
    }
  }

  /**
   * What the caller may do, looked up again for every call, since tokens expire and keys change while a socket is open.
   * @returns the grant, the request with what the token lays down, and the place that the call takes.
   * @throws UnauthorizedError, ForbiddenError, TooManyRequestsError
   */
  async admit(
    asked: StartCallRequest,
    { auth }: Handshake,
    request: IncomingMessage,
  ): Promise<{ grant: Grant; request: StartCallRequest; place: CallPlace }> {
    try {
      const grant = await this.#access.grant(tokenIn(auth));
      const allowed = applyGrant(asked, grant);
      const place = this.#limits.takeCall(this.#access.addressOf(request), grant);
      return { grant, request: allowed, place };
    } catch (error) {
      this.#count(error, request);
      throw error;
    }
  }

  /**
   * Checks the token of a caller who wants to take up a call again.
   * @param takeUp finds the call for what the token allows.
   * @throws UnauthorizedError, ForbiddenError
   */
  async readmit<T>({ auth }: Handshake, request: IncomingMessage, takeUp: (grant: Grant) => T): Promise<T> {
    try {
      return takeUp(await this.#access.grant(tokenIn(auth)));
    } catch (error) {
      this.#count(error, request);
      throw error;
    }
  }

  #count(error: unknown, request: IncomingMessage): void {
    if (isRefusal(error)) this.#refusals.add(error.reason, this.#access.addressOf(request), error.message);
  }
}

function tokenIn(auth: unknown): unknown {
  return typeof auth === 'object' && auth !== null && 'token' in auth ? auth.token : undefined;
}

function refusedHandshake(error: unknown): RefusedHandshake {
  const data: ProtocolError =
    error instanceof ParleyError
      ? { code: error.code, message: error.message }
      : { code: 'internal', message: 'Something in the server failed.' };
  return Object.assign(new Error(data.message, { cause: error }), { data });
}
