/** A caller's signalling: requests that resolve with the result or reject with the server's error. */
import { io, type Socket } from 'socket.io-client';
import type {
  Answer,
  ClientToServerEvents,
  ProtocolError,
  ServerToClientEvents,
} from '../../server/protocol.js';

const CONNECT_LIMIT_MS = 10_000;
const ANSWER_LIMIT_MS = 15_000;

/** The server's answer to a request was an error. */
export class RefusedError extends Error {
  readonly code: ProtocolError['code'];
  readonly retryAfterSeconds: number | undefined;

  constructor(event: string, { code, message, retryAfterSeconds }: ProtocolError) {
    super(`${event} was refused with ${code}: ${message}`);
    this.name = 'RefusedError';
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

type RequestOf<E extends keyof ClientToServerEvents> = Parameters<ClientToServerEvents[E]>[0];
type ResultOf<E extends keyof ClientToServerEvents> = Parameters<
  Parameters<ClientToServerEvents[E]>[1]
>[0] extends infer A
  ? A extends { ok: true; result: infer R }
    ? R
    : never
  : never;

export class SignallingClient {
  readonly socket: Socket<ServerToClientEvents, ClientToServerEvents>;

  /** Connects to a server, from an address of this machine's; rejects when it cannot be reached. */
  static async connect(url: string, token?: string, localAddress?: string): Promise<SignallingClient> {
    const client = new SignallingClient(url, token, localAddress);
    try {
      await client.#connected();
    } catch (error) {
      client.close();
      throw error;
    }
    return client;
  }

  private constructor(url: string, token: string | undefined, localAddress: string | undefined) {
    this.socket = io(url, {
      transports: ['websocket'],
      reconnection: false,
      forceNew: true,
      timeout: CONNECT_LIMIT_MS,
      // Test servers have certificates of their own making.
      ...(url.startsWith('https:') ? { rejectUnauthorized: false } : {}),
      ...(token === undefined ? {} : { auth: { token } }),
      ...(localAddress === undefined ? {} : { localAddress }),
    });
  }

  /** Connects again after the connection broke. Rejects when that fails. */
  async reconnect(): Promise<void> {
    this.socket.connect();
    await this.#connected();
  }

  #connected(): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      this.socket.once('connect', resolve).once('connect_error', reject);
    });
  }

  async request<E extends keyof ClientToServerEvents>(event: E, request: RequestOf<E>): Promise<ResultOf<E>> {
    const answer = await this.send<ResultOf<E>>(event, request);
    if (!answer.ok) throw new RefusedError(event, answer.error);
    return answer.result;
  }

  /** Sends anything at all and resolves with the acknowledgement. */
  async send<T = unknown>(event: string, ...args: unknown[]): Promise<Answer<T>> {
    // The event map knows the right messages only.
    const socket = this.socket as unknown as Socket;
    return (await socket.timeout(ANSWER_LIMIT_MS).emitWithAck(event, ...args)) as Answer<T>;
  }

  /** Sends anything at all and waits for nothing. */
  emit(event: string, ...args: unknown[]): void {
    (this.socket as unknown as Socket).emit(event, ...args);
  }

  close(): void {
    this.socket.disconnect();
  }
}
