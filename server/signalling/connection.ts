/** One client's connection: every message is checked, given to the connection's call, and acknowledged. */
import { BadRequestError, NotFoundError, ParleyError, ServerFullError, WrongStateError } from '../errors.js';
import type { Grant } from '../access/call-grant.js';
import type { Logger } from '../log.js';
import type {
  Answer,
  ClientToServerEvents,
  ConnectMediaRequest,
  ProtocolError,
  RestartIceRequest,
  ResumeCallRequest,
  SendMicrophoneRequest,
  StartCallRequest,
  StartCallResult,
} from '../protocol.js';
import { iceServersFor, type TurnSettings } from '../media/turn-credentials.js';
import type { CallerListener } from '../session/session-manager.js';
import type { CallerSocket, CallLine, CallLines, SignalledCall } from './call-line.js';
import { networkBroke, onPageGone } from './departure.js';
import type { Doorkeeper } from './doorkeeper.js';
import { messageSchemas, type MessageName } from './message-schemas.js';
import type { PacketBudget } from './packet-budget.js';

export interface ConnectionOptions {
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
  /** Relays that callers may use. */
  ice: TurnSettings;
  /** Lines of calls, those included that wait to be taken up again. */
  lines: CallLines;
  log: Logger;
}

/** What is answered to what is not even looked at. */
const sentTooMuch: ProtocolError = {
  code: 'tooManyRequests',
  message: 'More messages than a client may send. Wait a moment.',
};

/**
 * One client's socket and its call. It has at most one, and there are no ids to guess: a message can only mean the call of its
 * own socket, which it started, or has taken up with the secret of whoever did.
 */
export class Connection {
  readonly #socket: CallerSocket;
  readonly #doorkeeper: Doorkeeper;
  readonly #options: ConnectionOptions;
  readonly #log: Logger;
  #line: CallLine | undefined;
  #opening = false;
  /** Aborts when the client is gone. */
  readonly #left = new AbortController();

  constructor(
    socket: CallerSocket,
    budget: PacketBudget,
    doorkeeper: Doorkeeper,
    options: ConnectionOptions,
  ) {
    this.#socket = socket;
    this.#doorkeeper = doorkeeper;
    this.#options = options;
    this.#log = options.log.child({ socket: socket.id });
    const handlers: Record<MessageName, (request: never) => Promise<unknown>> = {
      startCall: (request: StartCallRequest) => this.#startCall(request),
      resumeCall: (request: ResumeCallRequest) => this.#resumeCall(request),
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
    let pageGone = false;
    onPageGone(socket, () => (pageGone = true));
    socket.on('disconnect', (why) => {
      this.#left.abort();
      this.#line?.dropped(socket, networkBroke(why) && !pageGone, why);
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
    return this.#alone(async () => {
      const { handshake, request: upgrade } = this.#socket;
      const { lines, manager, ice, about } = this.#options;
      const { grant, place, request: allowed } = await this.#doorkeeper.admit(request, handshake, upgrade);
      const line = lines.open(this.#socket, place, grant);
      const call = await manager.start(allowed, line, grant, this.#left.signal).catch((error: unknown) => {
        place.ended();
        if (this.#left.signal.aborted) throw new NotFoundError('The connection is gone.');
        throw error;
      });
      if (this.#left.signal.aborted) {
        await call.session.close('callerLeft', 'The caller left while the call was opened.');
        throw new NotFoundError('The connection is gone.');
      }
      line.carry(call);
      this.#line = line;
      const callId = call.session.id;
      const iceServers = iceServersFor(ice, callId);
      const { resumption } = line;
      return {
        callId,
        ...call.media.describe(),
        ...(resumption === undefined ? {} : { resumption }),
        iceServers,
        ...about,
      };
    });
  }

  async #resumeCall(request: ResumeCallRequest): Promise<null> {
    return this.#alone(async () => {
      const { handshake, request: upgrade } = this.#socket;
      this.#line = await this.#doorkeeper.readmit(handshake, upgrade, (grant) => {
        if (this.#left.signal.aborted) throw new NotFoundError('The connection is gone.');
        return this.#options.lines.takeUp(request, grant, this.#socket);
      });
      return null;
    });
  }

  /** Does what gives this connection its call. @throws WrongStateError when it has one or is about to. */
  async #alone<T>(open: () => Promise<T>): Promise<T> {
    if (this.#line?.call !== undefined || this.#opening)
      throw new WrongStateError('This connection has a call already.');
    this.#opening = true;
    try {
      return await open();
    } finally {
      this.#opening = false;
    }
  }

  #needCall(): SignalledCall {
    const call = this.#line?.call;
    if (call === undefined) throw new NotFoundError('This connection has no call. Send startCall first.');
    return call;
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
