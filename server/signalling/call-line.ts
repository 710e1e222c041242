/**
 * The line between a call and its page. It outlives the connection that it runs over: when that breaks, the call goes on for a
 * while, what it has to tell is kept, and another connection of the same page can take it up.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Socket } from 'socket.io';
import type { Grant } from '../access/call-grant.js';
import type { CallPlace } from '../access/caller-limits.js';
import { ForbiddenError } from '../errors.js';
import type { Logger } from '../log.js';
import type { CallMedia } from '../media/call-media.js';
import type {
  AgentState,
  ClientToServerEvents,
  EndReason,
  Resumption,
  ResumeCallRequest,
  ServerToClientEvents,
  TurnLatency,
  TurnUpdate,
  WaitingUpdate,
} from '../protocol.js';
import type { CallerListener } from '../session/session-manager.js';
import type { Session } from '../session/session.js';
import { callPageTool } from './page-tool-call.js';

export type CallerSocket = Socket<ClientToServerEvents, ServerToClientEvents>;

/** A call as far as messages reach. */
export interface SignalledCall {
  session: Pick<Session, 'id' | 'signal' | 'say' | 'reportPlayout' | 'close'>;
  media: Pick<CallMedia, 'describe' | 'connect' | 'restartIce' | 'takeMicrophone'>;
}

/** Latest news that are kept to be told anew: the end of the conversation, as much as a page shows at once. */
const MAX_NEWS = 64;

/** All lines whose calls can be taken up again. */
export class CallLines {
  readonly #graceMs: number;
  readonly #log: Logger;
  readonly #lines = new Map<string, CallLine>();

  /** @param graceMs how long a call goes on without a connection; 0: not at all. */
  constructor(graceMs: number, log: Logger) {
    this.#graceMs = graceMs;
    this.#log = log;
  }

  /** A line for a call that is about to be opened over this socket. */
  open(socket: CallerSocket, place: CallPlace, grant: Grant): CallLine {
    return new CallLine(socket, place, grant, this.#graceMs, this.#log, (line, callId) => {
      this.#lines.set(callId, line);
      return () => this.#lines.delete(callId);
    });
  }

  /**
   * Leads a call's line to another socket.
   * @throws ForbiddenError when there is no such call, or it is not this caller's; the two are not told apart.
   */
  takeUp({ callId, secret }: ResumeCallRequest, grant: Grant, socket: CallerSocket): CallLine {
    const line = this.#lines.get(callId);
    if (line === undefined || !line.belongsTo(secret, grant))
      throw new ForbiddenError('resumption', 'There is no such call any more, or it is not yours.');
    line.takenUpBy(socket);
    return line;
  }
}

export class CallLine implements CallerListener {
  readonly #place: CallPlace;
  readonly #grant: Grant;
  readonly #graceMs: number;
  readonly #log: Logger;
  readonly #register: (line: CallLine, callId: string) => () => void;
  readonly #secret = randomBytes(32).toString('base64url');
  /** What is told anew, by what it is about; the latest last. */
  readonly #news = new Map<string, [event: keyof ServerToClientEvents, ...told: unknown[]]>();
  #socket: CallerSocket | undefined;
  #call: SignalledCall | undefined;
  #ready = false;
  #over = false;
  #unregister: () => void = () => undefined;
  #graceTimer: NodeJS.Timeout | undefined;

  constructor(
    socket: CallerSocket,
    place: CallPlace,
    grant: Grant,
    graceMs: number,
    log: Logger,
    register: (line: CallLine, callId: string) => () => void,
  ) {
    this.#socket = socket;
    this.#place = place;
    this.#grant = grant;
    this.#graceMs = graceMs;
    this.#log = log;
    this.#register = register;
  }

  /** The call, while it goes on. */
  get call(): SignalledCall | undefined {
    return this.#call;
  }

  /** What the page needs to take the call up again; undefined where that cannot be. */
  get resumption(): Resumption | undefined {
    return this.#graceMs === 0 ? undefined : { secret: this.#secret, graceMs: this.#graceMs };
  }

  /** The call has been opened. */
  carry(call: SignalledCall): void {
    if (this.#over || call.session.signal.aborted) return;
    this.#call = call;
    this.#unregister = this.#register(this, call.session.id);
  }

  /** Whether a caller may take the call up: it knows the secret, and its token is the one of the call or the same person's. */
  belongsTo(secret: string, { id, caller }: Grant): boolean {
    const [known, given] = [Buffer.from(this.#secret), Buffer.from(secret)];
    const samePerson = id === this.#grant.id || (caller !== undefined && caller === this.#grant.caller);
    return samePerson && known.length === given.length && timingSafeEqual(known, given);
  }

  /** From now on the line runs over this socket. */
  takenUpBy(socket: CallerSocket): void {
    clearTimeout(this.#graceTimer);
    const before = this.#socket;
    this.#socket = socket;
    // It may be half open still, where the network changed without a word.
    before?.disconnect(true);
    this.#log.info({ session: this.#call?.session.id }, 'call taken up again');
    for (const [event, ...told] of this.#news.values()) this.#emit(event, told);
  }

  /**
   * A socket is gone. Where it was the line's, the call ends, or goes on for a while.
   * @param broke whether nobody wished it.
   */
  dropped(socket: CallerSocket, broke: boolean, why: string): void {
    // Another one has taken the call up.
    if (socket !== this.#socket) return;
    this.#socket = undefined;
    if (!broke || !this.#ready || this.#graceMs === 0) {
      this.#close('callerLeft', `The signalling connection is gone: ${why}.`);
      return;
    }
    this.#log.info({ session: this.#call?.session.id, why }, 'call waits for its page to connect again');
    this.#graceTimer = setTimeout(
      () => this.#close('connectionLost', 'The page did not connect again in time.'),
      this.#graceMs,
    );
  }

  waiting(update: WaitingUpdate): void {
    this.#emit('waiting', [update]);
  }

  ready(): void {
    this.#ready = true;
    this.#place.ready();
    this.#tell('ready', 'ready');
  }

  state(state: AgentState): void {
    this.#tell('state', 'state', state);
  }

  turn(update: TurnUpdate): void {
    this.#tell(`turn ${update.speaker} ${update.turnId}`, 'turn', update);
  }

  latency(latency: TurnLatency): void {
    this.#tell(`latency ${latency.turnId}`, 'latency', latency);
  }

  draining(endsInMs: number): void {
    this.#tell('draining', 'draining', { endsInMs });
  }

  async callTool(name: string, args: unknown, limitMs: number): Promise<unknown> {
    if (this.#socket === undefined) throw new Error('The page is not connected at the moment.');
    return callPageTool(this.#socket, name, args, limitMs);
  }

  ended(reason: EndReason, message: string): void {
    this.#over = true;
    this.#call = undefined;
    clearTimeout(this.#graceTimer);
    this.#unregister();
    this.#news.clear();
    this.#place.ended();
    this.#emit('callEnded', [{ reason, message }]);
  }

  /** Tells the page, now and when it has connected again, the latest of what `about` names. */
  #tell(about: string, event: keyof ServerToClientEvents, ...told: unknown[]): void {
    this.#news.delete(about);
    this.#news.set(about, [event, ...told]);
    if (this.#news.size > MAX_NEWS) {
      const [oldest] = [...this.#news.keys()].filter((key) => key !== 'ready' && key !== 'state');
      if (oldest !== undefined) this.#news.delete(oldest);
    }
    this.#emit(event, told);
  }

  #emit(event: keyof ServerToClientEvents, told: unknown[]): void {
    // Across all events only the loose form fits; the methods above are typed.
    (this.#socket as Socket | undefined)?.emit(event, ...told);
  }

  #close(reason: EndReason, message: string): void {
    this.#call?.session.close(reason, message).catch((error: unknown) => {
      this.#log.error({ err: error }, 'a call could not be closed');
    });
  }
}
