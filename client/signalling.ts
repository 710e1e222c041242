/**
 * The signalling connection of one call. It connects once; when it breaks while the call is on, it connects again and takes
 * the call up.
 */
import { io, type Socket } from 'socket.io-client';
import type {
  Answer,
  ClientToServerEvents,
  ProtocolError,
  Resumption,
  ServerToClientEvents,
} from '../server/protocol.js';
import { CallError } from './call-errors.js';

type RequestOf<E extends keyof ClientToServerEvents> = Parameters<ClientToServerEvents[E]>[0];
type ResultOf<E extends keyof ClientToServerEvents> = Parameters<
  Parameters<ClientToServerEvents[E]>[1]
>[0] extends infer A
  ? A extends { ok: true; result: infer R }
    ? R
    : never
  : never;

const CONNECT_TIMEOUT_MS = 6000;
const ANSWER_TIMEOUT_MS = 8000;

/** Between two attempts to connect again, ms. */
const AGAIN_AFTER_MS = { first: 100, most: 1000 };
/** Whoever changes the network soon has another one: an attempt over the old one is not waited for long. */
const CONNECT_AGAIN_TIMEOUT_MS = 3000;

/** What becomes of a call whose connection broke. */
export interface ReconnectionHooks {
  /** The connection broke; the server holds the call for a while. */
  broke(): void;
  /** The call is taken up again. */
  back(): void;
  /** It could not be taken up; the last of the three. */
  lost(error: CallError): void;
}

/** A token of the server, or what fetches one when it is needed. */
export type CallToken = string | (() => string | Promise<string>);

export class Signalling {
  /** For the server's events; requests go through {@link request}. */
  readonly socket: Socket<ServerToClientEvents, ClientToServerEvents>;
  /** Resolves when requests may be sent. */
  #connected: Promise<void>;
  #over = false;
  #survives = false;
  #takingUp = false;

  /** Connects at once. `url`: origin of the server; default the page's own. `token`: what the server wants of callers. */
  constructor(url?: string, token?: CallToken) {
    // WebSocket from the start: long polling first would cost three round trips before the first message.
    const options = {
      transports: ['websocket'],
      reconnection: false,
      forceNew: true,
      timeout: CONNECT_TIMEOUT_MS,
      ...(token === undefined ? {} : { auth: (send: (auth: object) => void) => void sendToken(token, send) }),
    };
    this.socket = url === undefined ? io(options) : io(url, options);
    this.#connected = new Promise((resolve, reject) => {
      const refused = (error: Error) => {
        this.#over = true;
        reject(serversWord(error) ?? new CallError('serverUnreachable', error.message, { cause: error }));
      };
      this.socket.once('connect_error', refused).once('connect', () => {
        this.socket.off('connect_error', refused);
        resolve();
      });
    });
    this.socket.on('disconnect', () => (this.#over ||= !this.#survives));
    // Connecting ahead of the call may fail without anybody waiting for it; who asks later is told.
    this.#connected.catch((error: unknown) => console.debug('Not connected to the server.', error));
  }

  get connected(): boolean {
    return this.socket.connected;
  }

  /** Connected, or about to be. */
  get usable(): boolean {
    return !this.#over;
  }

  /** Sends a request and waits for its result. Rejects with a {@link CallError}. */
  async request<E extends keyof ClientToServerEvents>(
    event: E,
    request: RequestOf<E>,
    limitMs = ANSWER_TIMEOUT_MS,
  ): Promise<ResultOf<E>> {
    await this.#connected;
    return this.#ask(event, request, limitMs);
  }

  /**
   * From now on the call survives a connection that breaks: another one is made, and the call taken up.
   * @param resumption what the server gave for that.
   */
  survive(callId: string, { secret, graceMs }: Resumption, hooks: ReconnectionHooks): void {
    this.#survives = true;
    const { socket } = this;
    socket.io.reconnection(true);
    socket.io.reconnectionDelay(AGAIN_AFTER_MS.first).reconnectionDelayMax(AGAIN_AFTER_MS.most);
    socket.io.timeout(CONNECT_AGAIN_TIMEOUT_MS);
    socket.on('disconnect', (reason) => {
      // Whoever closed it, this page or the server, meant it.
      if (reason === 'io client disconnect' || this.#over) return;
      if (reason === 'io server disconnect')
        return hooks.lost(new CallError('serverGone', 'The server closed the connection.'));
      if (this.#takingUp) return;
      this.#takingUp = true;
      hooks.broke();
      this.#connected = this.#takeUp(callId, secret, graceMs).finally(() => (this.#takingUp = false));
      this.#connected.then(
        () => hooks.back(),
        (error: unknown) => {
          if (!this.#over) hooks.lost(CallError.from(error, 'serverGone'));
        },
      );
    });
  }

  /** Gives up a connection over which nothing comes any more, as after a change of the network, before its time-out does. */
  giveUpConnection(): void {
    if (this.#survives && this.socket.connected) this.socket.io.engine.close();
  }

  close(): void {
    this.#over = true;
    this.socket.disconnect();
  }

  /** Resolves when the next connection has taken the call up; rejects when the server does not hold it any more. */
  #takeUp(callId: string, secret: string, graceMs: number): Promise<void> {
    const { socket } = this;
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void) => {
        window.clearTimeout(limit);
        socket.off('connect', ask).off('connect_error', refused);
        settle();
      };
      const limit = window.setTimeout(
        () => finish(() => reject(new CallError('serverGone', 'The server could not be reached again.'))),
        graceMs,
      );
      const ask = () => {
        this.#ask('resumeCall', { callId, secret }, CONNECT_AGAIN_TIMEOUT_MS).then(
          () => finish(resolve),
          (error: unknown) => {
            const problem = CallError.from(error, 'internal');
            // That connection broke as well, or is none: the next one asks again.
            if (problem.code === 'serverSilent') this.giveUpConnection();
            else if (problem.code !== 'serverGone') finish(() => reject(problem));
          },
        );
      };
      const refused = (error: Error) => {
        const word = serversWord(error);
        if (word) finish(() => reject(word));
      };
      socket.on('connect', ask).on('connect_error', refused);
    });
  }

  async #ask<E extends keyof ClientToServerEvents>(
    event: E,
    request: RequestOf<E>,
    limitMs: number,
  ): Promise<ResultOf<E>> {
    const answer = await this.#answerTo<ResultOf<E>>(event, request, limitMs);
    if (!answer.ok) throw CallError.fromServer(answer.error);
    return answer.result;
  }

  #answerTo<T>(event: keyof ClientToServerEvents, request: unknown, limitMs: number): Promise<Answer<T>> {
    // The event map types each event by itself; across all of them only the loose form fits.
    const socket = this.socket as unknown as Socket;
    return new Promise((resolve, reject) => {
      let limit: number | undefined;
      // A server that says where in its waiting line the caller stands is not silent.
      const extend = () => {
        window.clearTimeout(limit);
        limit = window.setTimeout(() => {
          finish(() => reject(new CallError('serverSilent', `No answer to ${event}.`)));
        }, limitMs);
      };
      const gone = () =>
        finish(() => reject(new CallError('serverGone', `Connection lost during ${event}.`)));
      const finish = (settle: () => void) => {
        window.clearTimeout(limit);
        socket.off('disconnect', gone).off('waiting', extend);
        settle();
      };
      if (!socket.connected) return gone();
      socket.once('disconnect', gone).on('waiting', extend);
      extend();
      socket.emit(event, request, (answer: Answer<T>) => finish(() => resolve(answer)));
    });
  }
}

/** An error with data is the server's word; all others are the network's. */
function serversWord(error: Error): CallError | undefined {
  return 'data' in error && error.data ? CallError.fromServer(error.data as ProtocolError) : undefined;
}

/** Without a token the server says itself what is missing. */
async function sendToken(token: CallToken, send: (auth: object) => void): Promise<void> {
  try {
    send({ token: typeof token === 'string' ? token : await token() });
  } catch (error) {
    console.warn('No token could be had.', error);
    send({});
  }
}
