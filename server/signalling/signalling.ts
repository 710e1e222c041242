/**
 * socket.io: every message is checked, given to the call of its socket, and acknowledged. A socket has at most one call;
 * there are no ids to guess, because a message can only mean the call of its own socket.
 */
import type { Server as HttpServer } from 'node:http';
import { Server, type Socket } from 'socket.io';
import type { Access } from '../access/access.js';
import type { Grant } from '../access/call-grant.js';
import type { CallerLimits, CallPlace } from '../access/caller-limits.js';
import type { Config } from '../config.js';
import { BadRequestError, NotFoundError, ParleyError, ServerFullError, WrongStateError } from '../errors.js';
import type { Logger } from '../log.js';
import type { Refusals } from '../observability/refusals.js';
import type {
  Answer,
  ClientToServerEvents,
  ConnectMediaRequest,
  EndReason,
  ProtocolError,
  RestartIceRequest,
  SendMicrophoneRequest,
  ServerToClientEvents,
  StartCallRequest,
  StartCallResult,
} from '../protocol.js';
import type { CallMedia } from '../media/call-media.js';
import { iceServersFor, type TurnSettings } from '../media/turn-credentials.js';
import type { CallerListener } from '../session/session-manager.js';
import type { Session } from '../session/session.js';
import { Doorkeeper } from './doorkeeper.js';
import { PacketBudget } from './packet-budget.js';
import { callPageTool } from './page-tool-call.js';
import { messageSchemas, type MessageName } from './message-schemas.js';

type EngineSocket = CallerSocket['conn'];
type CallerSocket = Socket<ClientToServerEvents, ServerToClientEvents>;

/** A call as far as messages reach. */
export interface SignalledCall {
  session: Pick<Session, 'id' | 'signal' | 'say' | 'reportPlayout' | 'close'>;
  media: Pick<CallMedia, 'describe' | 'connect' | 'restartIce' | 'takeMicrophone'>;
}

export interface SignallingOptions {
  /** Lets callers in. */
  manager: {
    start(
      request: StartCallRequest,
      listener: CallerListener,
      grant: Grant,
      left: AbortSignal,
    ): Promise<SignalledCall>;
  };
  /** What the page is told of the models and voices. */
  about: Pick<StartCallResult, 'models' | 'voices'>;
  /** Who may come in. */
  access: Pick<Access, 'checkRequest' | 'grant' | 'addressOf'>;
  /** What one connection may send. */
  limits: Config['limits'];
  callerLimits: CallerLimits;
  /** Relays that callers may use. */
  ice: TurnSettings;
  refusals: Refusals;
  log: Logger;
}

export interface Signalling {
  /** Disconnects every client. The HTTP server is closed with it. */
  close(): Promise<void>;
}

/** Largest message of a client, bytes. The largest real one, `sendMicrophone`, has about 2 kB. */
const maxMessageBytes = 65_536;

/** Starts to take clients on an HTTP server. */
export function startSignalling(http: HttpServer, options: SignallingOptions): Signalling {
  const doorkeeper = new Doorkeeper(options.access, options.callerLimits, options.refusals);
  const io = new Server<ClientToServerEvents, ServerToClientEvents>(http, {
    transports: ['websocket'],
    serveClient: false,
    maxHttpBufferSize: maxMessageBytes,
    connectTimeout: 10_000,
    pingInterval: 10_000,
    pingTimeout: 10_000,
    allowRequest: (request, decide) => decide(null, doorkeeper.mayConnect(request)),
  });
  // Before the first message, for sockets may flood without ever being greeted.
  const budgets = new WeakMap<object, PacketBudget>();
  io.engine.on('connection', (connection: EngineSocket) => {
    const { request } = connection;
    connection.once('close', doorkeeper.opened(request));
    const budget = new PacketBudget(options.limits, performance.now());
    budgets.set(connection, budget);
    connection.on('packet', ({ data }: { data?: string | Buffer }) => {
      if (budget.takePacket(data?.length ?? 0, performance.now())) return;
      doorkeeper.sentTooMuch('flood', request);
      // Closed, it reads no further of what has come already; what is still coming does not come at all.
      connection.close(true);
      request.socket.destroy();
    });
  });
  io.use((socket, next) => {
    doorkeeper.greet(socket.handshake, socket.request).then((gone) => {
      // It may have gone meanwhile.
      if (socket.conn.readyState === 'open') socket.conn.once('close', gone);
      else gone();
      next();
    }, next);
  });
  io.on('connection', (socket) => {
    const budget = budgets.get(socket.conn);
    if (budget !== undefined) new Connection(socket, budget, doorkeeper, options);
  });
  return {
    close: () => io.close(),
  };
}

/** What is answered to what is not even looked at. */
const sentTooMuch: ProtocolError = {
  code: 'tooManyRequests',
  message: 'More messages than a client may send. Wait a moment.',
};

/** One client's socket and its call. */
class Connection {
  readonly #socket: CallerSocket;
  readonly #doorkeeper: Doorkeeper;
  readonly #options: SignallingOptions;
  readonly #log: Logger;
  #call: SignalledCall | undefined;
  #starting = false;
  /** Aborts when the client is gone. */
  readonly #left = new AbortController();

  constructor(
    socket: CallerSocket,
    budget: PacketBudget,
    doorkeeper: Doorkeeper,
    options: SignallingOptions,
  ) {
    this.#socket = socket;
    this.#doorkeeper = doorkeeper;
    this.#options = options;
    this.#log = options.log.child({ socket: socket.id });
    const handlers: Record<MessageName, (request: never) => Promise<unknown>> = {
      startCall: (request: StartCallRequest) => this.#startCall(request),
      connectMedia: ({ direction, dtlsParameters }: ConnectMediaRequest) =>
        this.#needCall()
          .media.connect(direction, dtlsParameters)
          .then(() => null),
      restartIce: async ({ direction }: RestartIceRequest) => ({
        iceParameters: await this.#needCall().media.restartIce(direction),
      }),
      sendMicrophone: async ({ rtpParameters }: SendMicrophoneRequest) => ({
        producerId: await this.#needCall().media.takeMicrophone(rtpParameters),
      }),
      say: async ({ text }: { text: string }) => {
        this.#needCall().session.say(text);
        return null;
      },
      reportPlayout: async (report: Parameters<ClientToServerEvents['reportPlayout']>[0]) => {
        this.#needCall().session.reportPlayout(report);
        return null;
      },
      endCall: async () => {
        await this.#needCall().session.close('callerLeft', 'You have ended the call.');
        return null;
      },
    };
    // The framing lets a name be a number, whatever the types say.
    socket.onAny((name: unknown, ...args: unknown[]) => {
      const answer = args.at(-1);
      const tooMany = !budget.takeMessage(performance.now());
      if (tooMany) doorkeeper.sentTooMuch('messages', socket.request);
      if (typeof answer !== 'function') return;
      if (tooMany) {
        (answer as (answer: Answer<unknown>) => void)({ ok: false, error: sentTooMuch });
        return;
      }
      this.#handle(String(name), args.length > 1 ? args[0] : undefined, handlers)
        .then((result) => (answer as (answer: Answer<unknown>) => void)(result))
        .catch((error: unknown) => this.#log.error({ err: error }, 'an answer could not be sent'));
    });
    socket.on('disconnect', (why) => {
      this.#left.abort();
      this.#leave(`The signalling connection is gone: ${why}.`);
    });
  }

  async #handle(
    name: string,
    request: unknown,
    handlers: Record<MessageName, (request: never) => Promise<unknown>>,
  ): Promise<Answer<unknown>> {
    try {
      if (!isMessageName(name)) {
        throw new BadRequestError(
          `There is no message ${JSON.stringify(name.slice(0, 40))}. Known ones: ${Object.keys(messageSchemas).join(', ')}.`,
        );
      }
      const checked = messageSchemas[name].safeParse(request);
      if (!checked.success) {
        const [issue] = checked.error.issues;
        throw new BadRequestError(
          `${[name, ...(issue?.path ?? [])].join('.')}: ${issue?.message ?? 'not what the protocol says'}`,
        );
      }
      return { ok: true, result: await handlers[name](checked.data as never) };
    } catch (error) {
      return { ok: false, error: this.#describe(name, error) };
    }
  }

  async #startCall(request: StartCallRequest): Promise<StartCallResult> {
    if (this.#call !== undefined || this.#starting)
      throw new WrongStateError('This connection has a call already.');
    this.#starting = true;
    try {
      const { handshake, request: upgrade } = this.#socket;
      const admitted = await this.#doorkeeper.admit(request, handshake, upgrade);
      const { grant, place } = admitted;
      const call = await this.#options.manager
        .start(admitted.request, this.#listener(place), grant, this.#left.signal)
        .catch((error: unknown) => {
          place.ended();
          if (this.#left.signal.aborted) throw new NotFoundError('The connection is gone.');
          throw error;
        });
      if (this.#left.signal.aborted) {
        await call.session.close('callerLeft', 'The caller left while the call was opened.');
        throw new NotFoundError('The connection is gone.');
      }
      if (!call.session.signal.aborted) this.#call = call;
      const callId = call.session.id;
      const iceServers = iceServersFor(this.#options.ice, callId);
      return { callId, ...call.media.describe(), iceServers, ...this.#options.about };
    } finally {
      this.#starting = false;
    }
  }

  #listener(place: CallPlace): CallerListener {
    const socket = this.#socket;
    return {
      waiting: (update) => socket.emit('waiting', update),
      ready: () => {
        place.ready();
        socket.emit('ready');
      },
      state: (state) => socket.emit('state', state),
      turn: (update) => socket.emit('turn', update),
      latency: (latency) => socket.emit('latency', latency),
      callTool: (name, args, limitMs) => callPageTool(socket, name, args, limitMs),
      draining: (endsInMs) => socket.emit('draining', { endsInMs }),
      ended: (reason: EndReason, message: string) => {
        this.#call = undefined;
        place.ended();
        socket.emit('callEnded', { reason, message });
      },
    };
  }

  #needCall(): SignalledCall {
    if (this.#call === undefined)
      throw new NotFoundError('This connection has no call. Send startCall first.');
    return this.#call;
  }

  #leave(message: string): void {
    this.#call?.session.close('callerLeft', message).catch((error: unknown) => {
      this.#log.error({ err: error }, 'a call could not be closed');
    });
  }

  /** Errors meant for clients go out as they are; all others are logged and kept inside. */
  #describe(name: string, error: unknown): ProtocolError {
    if (error instanceof ServerFullError) {
      return { code: error.code, message: error.message, retryAfterSeconds: error.retryAfterSeconds };
    }
    if (error instanceof ParleyError) {
      if (error.cause !== undefined) this.#log.warn({ err: error, message: name }, 'a message failed');
      return { code: error.code, message: error.message };
    }
    this.#log.error({ err: error, message: name }, 'a message failed');
    return { code: 'internal', message: 'Something in the server failed.' };
  }
}

function isMessageName(name: string): name is MessageName {
  return Object.hasOwn(messageSchemas, name);
}
