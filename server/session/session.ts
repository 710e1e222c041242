/**
 * One caller: owns what dies with the call, keeps its limits, and ends through one `close`, from wherever the end comes.
 */
import { allowsTool, lengthLimitMs } from '../access/apply-grant.js';
import type { Grant } from '../access/call-grant.js';
import type { Config } from '../config.js';
import type { Engines, LanguageModelHandle, RecognizerHandle, Tool } from '../engines/engine-types.js';
import type { Logger } from '../log.js';
import type { CallMedia } from '../media/call-media.js';
import type { HeardWindow } from '../media/media-types.js';
import type { Metrics } from '../observability/metrics.js';
import type { TurnTraces } from '../observability/turn-traces.js';
import type { CallStatus } from '../observability/server-status.js';
import type { AgentState, EndReason, PlayoutReport, TurnLatency, TurnUpdate } from '../protocol.js';
import { builtInTools } from './built-in-tools.js';
import { Dialogue } from './dialogue.js';
import type { ReplyOutcome } from './reply.js';
import type { ServiceLevel } from './service-level.js';

/** The caller's media as the session uses it: mediasoup and the media thread behind one face. */
export type SessionMedia = Pick<CallMedia, 'listen' | 'play' | 'stopPlayout' | 'gain' | 'hold' | 'close'>;

/** What the session tells the page. */
export interface SessionListener {
  ready(): void;
  state(state: AgentState): void;
  turn(update: TurnUpdate): void;
  latency(latency: TurnLatency): void;
  /** Runs a function of the page; rejects with its error, or when there is no answer within `limitMs`. */
  callTool(name: string, args: unknown, limitMs: number): Promise<unknown>;
  /** The server is going down: the call may go on for so long, ms. */
  draining(endsInMs: number): void;
  ended(reason: EndReason, message: string): void;
}

export interface SessionOptions {
  id: string;
  config: Config;
  engines: Engines;
  languageModel: LanguageModelHandle;
  recognizer: RecognizerHandle;
  media: SessionMedia;
  listener: SessionListener;
  /** What this caller may do. */
  grant: Pick<Grant, 'tools' | 'maxCallMs'>;
  metrics: Metrics;
  log: Logger;
  systemPrompt: string;
  voice: string;
  /** Functions that the agent may call, besides the built-in ones. */
  tools: readonly Tool[];
  serviceLevel: Pick<ServiceLevel, 'answered' | 'spareWork'>;
  traces: Pick<TurnTraces, 'answered'>;
}

export class Session {
  readonly id: string;
  readonly #options: SessionOptions;
  readonly #log: Logger;
  readonly #lifetime = new AbortController();
  readonly #dialogue: Dialogue;
  readonly #connectTimer: NodeJS.Timeout;
  #lengthTimer: NodeJS.Timeout | undefined;
  #silenceTimer: NodeJS.Timeout | undefined;
  #ready = false;
  readonly #startedAt = new Date();
  #state: AgentState = 'listening';
  #answers = 0;
  #lastLatency: TurnLatency | undefined;
  #endAfterAnswer = false;
  #closing: Promise<void> | undefined;
  readonly #closedListeners: (() => void)[] = [];

  constructor(options: SessionOptions) {
    this.id = options.id;
    this.#options = options;
    this.#log = options.log;
    const { config, listener, metrics } = options;
    const endCall = () => {
      this.#endAfterAnswer = true;
    };
    this.#dialogue = new Dialogue(
      {
        ...options,
        tools: [...builtInTools(endCall), ...options.tools].filter(({ name }) =>
          allowsTool(options.grant, name),
        ),
        spareWork: () => options.serviceLevel.spareWork,
        onState: (state) => {
          this.#state = state;
          listener.state(state);
        },
        onTurn: (update) => listener.turn(update),
        onLatency: (latency) => {
          metrics.turnAnswered(latency);
          options.serviceLevel.answered(latency.voiceToVoiceMs);
          options.traces.answered(this.id, latency);
          this.#answers++;
          this.#lastLatency = latency;
          listener.latency(latency);
          this.#log.info({ latency }, 'turn answered');
        },
        onMouthToEar: (latency) => {
          metrics.mouthToEar(latency);
          listener.latency(latency);
          this.#log.info({ latency }, 'turn heard by the caller');
        },
        onActivity: () => this.#somethingSaid(),
        onAnswered: (outcome) => this.#answered(outcome),
      },
      this.#lifetime.signal,
    );
    options.media.listen({
      connected: () => this.#connected(),
      heard: (window) => this.#hear(window),
      playout: (event) => this.#dialogue.playout(event),
      lost: (message) => this.#end('mediaLost', message),
      failed: (message) => this.#end('mediaFailed', message),
    });
    this.#connectTimer = setTimeout(
      () => this.#end('connectTimeout', 'The connection for sound did not come up in time.'),
      config.calls.connectTimeoutMs,
    );
  }

  /** What an administrator sees of the call. */
  get status(): Omit<CallStatus, 'caller'> {
    return {
      id: this.id,
      startedAt: this.#startedAt.toISOString(),
      state: this.#ready ? this.#state : 'connecting',
      answers: this.#answers,
      ...(this.#lastLatency === undefined ? {} : { lastLatency: this.#lastLatency }),
    };
  }

  /** Aborts when the call is over. */
  get signal(): AbortSignal {
    return this.#lifetime.signal;
  }

  /** Calls `closed` when everything of the call is given back. */
  onClosed(closed: () => void): void {
    this.#closedListeners.push(closed);
  }

  /** Tells the caller that the server is going down. */
  tellDraining(endsInMs: number): void {
    if (this.#closing === undefined) this.#options.listener.draining(endsInMs);
  }

  /** Resolves when the answer being given, if any, is over. */
  answerOver(): Promise<void> {
    return this.#dialogue.answerOver();
  }

  /** Takes words that were typed in place of spoken. */
  say(text: string): void {
    this.#somethingSaid();
    this.#dialogue.say(text);
  }

  /** Takes what the browser measures of its receiving side. */
  reportPlayout(report: PlayoutReport): void {
    this.#dialogue.reportPlayout(report);
  }

  /**
   * Ends the call: signal, playout, engine handles, media. Idempotent; every way a call can end leads here.
   * @returns resolves when everything of the call is given back.
   */
  close(reason: EndReason, message: string): Promise<void> {
    this.#closing ??= this.#closeOnce(reason, message);
    return this.#closing;
  }

  async #closeOnce(reason: EndReason, message: string): Promise<void> {
    const { listener, media, languageModel, recognizer, metrics } = this.#options;
    for (const timer of [this.#connectTimer, this.#lengthTimer, this.#silenceTimer]) clearTimeout(timer);
    this.#lifetime.abort();
    media.stopPlayout();
    metrics.callEnded(reason);
    this.#log.info({ reason }, 'call ended');
    listener.ended(reason, message);
    const results = await Promise.allSettled([languageModel.close(), recognizer.close(), media.close()]);
    for (const result of results) {
      if (result.status === 'rejected')
        this.#log.warn({ err: result.reason as unknown }, 'closing a call failed in part');
    }
    for (const closed of this.#closedListeners) closed();
  }

  #end(reason: EndReason, message: string): void {
    this.close(reason, message).catch((error: unknown) => {
      this.#log.error({ err: error }, 'a call could not be closed');
    });
  }

  /** The media path is up: from now on the caller can speak. */
  #connected(): void {
    if (this.#ready || this.#closing !== undefined) return;
    this.#ready = true;
    clearTimeout(this.#connectTimer);
    const { config, listener, grant } = this.#options;
    const limitMs = lengthLimitMs(grant, config.calls.lengthLimitMs);
    if (limitMs > 0) {
      this.#lengthTimer = setTimeout(
        () => this.#end('timeLimit', 'The call has reached its longest length.'),
        limitMs,
      );
    }
    this.#somethingSaid();
    listener.ready();
    this.#log.info('call ready');
    this.#dialogue.begin(config.agent.greeting);
  }

  #hear(window: HeardWindow): void {
    if (this.#ready && this.#closing === undefined) this.#dialogue.hear(window);
  }

  #answered(outcome: ReplyOutcome): void {
    if (this.#endAfterAnswer && outcome.type === 'spoken') {
      this.#end('agentEnded', 'The agent has ended the call.');
    }
    // Whoever speaks over the goodbye wants to go on.
    this.#endAfterAnswer = false;
  }

  /** Starts the limit on silence anew. */
  #somethingSaid(): void {
    const limit = this.#options.config.calls.silenceLimitMs;
    clearTimeout(this.#silenceTimer);
    if (limit === 0 || this.#closing !== undefined) return;
    this.#silenceTimer = setTimeout(
      () => this.#end('silence', 'Nobody has said anything for a long time.'),
      limit,
    );
  }
}
