/** The signalling connection of one call: connects once, never by itself again, for a call ends with its socket. */
import { io, type Socket } from 'socket.io-client';
import type {
  Answer,
  ClientToServerEvents,
  ProtocolError,
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

/** A token of the server, or what fetches one when it is needed. */
export type CallToken = string | (() => string | Promise<string>);

export class Signalling {
  /** For the server's events; requests go through {@link request}. */
  readonly socket: Socket<ServerToClientEvents, ClientToServerEvents>;
  readonly #connected: Promise<void>;
  #over = false;

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
      this.socket.once('connect', resolve);
      this.socket.once('connect_error', (error) => {
        this.#over = true;
        // An error with data is the server's word; all others are the network's.
        if ('data' in error && error.data) reject(CallError.fromServer(error.data as ProtocolError));
        else reject(new CallError('serverUnreachable', error.message, { cause: error }));
      });
    });
    this.socket.once('disconnect', () => (this.#over = true));
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
  async request<E extends keyof ClientToServerEvents>(event: E, request: RequestOf<E>): Promise<ResultOf<E>> {
    await this.#connected;
    const answer = await this.#answerTo<ResultOf<E>>(event, request);
    if (!answer.ok) throw CallError.fromServer(answer.error);
    return answer.result;
  }

  close(): void {
    this.#over = true;
    this.socket.disconnect();
  }

  #answerTo<T>(event: keyof ClientToServerEvents, request: unknown): Promise<Answer<T>> {
    // The event map types each event by itself; across all of them only the loose form fits.
    const socket = this.socket as unknown as Socket;
    return new Promise((resolve, reject) => {
      let limit: number | undefined;
      // A server that says where in its waiting line the caller stands is not silent.
      const extend = () => {
        window.clearTimeout(limit);
        limit = window.setTimeout(() => {
          finish(() => reject(new CallError('serverSilent', `No answer to ${event}.`)));
        }, ANSWER_TIMEOUT_MS);
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

/** Without a token the server says itself what is missing. */
async function sendToken(token: CallToken, send: (auth: object) => void): Promise<void> {
  try {
    send({ token: typeof token === 'string' ? token : await token() });
  } catch (error) {
    console.warn('No token could be had.', error);
    send({});
  }
}
