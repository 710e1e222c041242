/**
 * One caller: hearing and answering joined. Owns what dies with the call; ends through one `close`, from wherever the
 * end comes.
 */
import type {
  Engines,
  LanguageModelHandle,
  RecognizerHandle,
  ReplyDelta,
  Tool,
  ToolCall,
} from '../engines/engine-types.js';
import type { Config } from '../config.js';
import type { Logger } from '../log.js';
import type { CallMedia } from '../media/call-media.js';
import { monotonicMs, type HeardWindow, type PlayoutEvent } from '../media/media-types.js';
import type { Metrics } from '../observability/metrics.js';
import { TurnMarks } from '../observability/turn-latency.js';
import type { AgentState, EndReason, PlayoutReport, TurnLatency, TurnUpdate } from '../protocol.js';
import { builtInTools } from './built-in-tools.js';
import { Conversation } from './conversation.js';
import { Hearing, type HeardTurn } from './hearing.js';
import { speakReply, type ReplyOutcome } from './reply.js';
import { SpokenSegment } from './spoken-segment.js';

/** The caller's media as the session uses it: mediasoup and the media thread behind one face. */
export type SessionMedia = Pick<CallMedia, 'listen' | 'play' | 'stopPlayout' | 'close'>;

/** What the session tells the page. */
export interface SessionListener {
  ready(): void;
  state(state: AgentState): void;
  turn(update: TurnUpdate): void;
  latency(latency: TurnLatency): void;
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
  metrics: Metrics;
  log: Logger;
  systemPrompt: string;
  voice: string;
}

/** An answer in the making or being spoken. */
interface CurrentReply {
  turnId: number;
  segment: SpokenSegment;
  abort: AbortController;
  calls: ToolCall[];
  /** It tells that the one before failed; when it fails too, no other follows. */
  apology: boolean;
  /** Resolves when the conversation holds what became of it. */
  settled: Promise<void>;
}

/** How long an answer that was stopped may take to settle before it is given up, ms. */
const settleLimitMs = 1000;

/** Spoken when an answer failed, so that nobody waits in silence. */
const apology = 'Sorry, something went wrong. Please say that again.';

export class Session {
  readonly id: string;
  readonly #options: SessionOptions;
  readonly #log: Logger;
  readonly #lifetime = new AbortController();
  readonly #conversation: Conversation;
  readonly #hearing: Hearing;
  readonly #tools: Tool[];
  #reply: CurrentReply | undefined;
  /** Resolves when the words of all turns that are over stand in the conversation. */
  #wordsAdded: Promise<void> = Promise.resolve();
  #state: AgentState = 'listening';
  #ready = false;
  #endAfterReply = false;
  /** What the browser last reported of its receiving side. */
  #network: PlayoutReport | undefined;
  readonly #connectTimer: NodeJS.Timeout;
  #lengthTimer: NodeJS.Timeout | undefined;
  #silenceTimer: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;
  readonly #closedListeners: (() => void)[] = [];

  constructor(options: SessionOptions) {
    this.id = options.id;
    this.#options = options;
    this.#log = options.log;
    const { config } = options;
    this.#conversation = new Conversation(options.systemPrompt);
    this.#tools = builtInTools(() => {
      this.#endAfterReply = true;
    });
    this.#hearing = new Hearing(
      options.recognizer,
      config.turn,
      {
        began: () => this.#callerBegan(),
        partial: (words) => this.#showCaller(words, false),
        interrupting: () => this.#interrupt(),
        ended: (turn) => this.#callerEnded(turn),
        dropped: () => this.#showCaller('', true),
      },
      this.#lifetime.signal,
    );
    options.media.listen({
      connected: () => this.#connected(),
      heard: (window) => this.#hear(window),
      playout: (event) => this.#playout(event),
      lost: (message) => this.#end('mediaLost', message),
      failed: (message) => this.#end('mediaFailed', message),
    });
    this.#connectTimer = setTimeout(
      () => this.#end('connectTimeout', 'The connection for sound did not come up in time.'),
      config.calls.connectTimeoutMs,
    );
  }

  /** Aborts when the call is over. */
  get signal(): AbortSignal {
    return this.#lifetime.signal;
  }

  /** Calls `closed` when everything of the call is given back. */
  onClosed(closed: () => void): void {
    this.#closedListeners.push(closed);
  }

  /** Resolves when the answer being given, if any, is over. */
  async replyOver(): Promise<void> {
    await this.#reply?.settled;
  }

  /** The media path is up: from now on the caller can speak. */
  #connected(): void {
    if (this.#ready || this.#closing !== undefined) return;
    this.#ready = true;
    clearTimeout(this.#connectTimer);
    const { config, listener } = this.#options;
    if (config.calls.lengthLimitMs > 0) {
      this.#lengthTimer = setTimeout(
        () => this.#end('timeLimit', 'The call has reached its longest length.'),
        config.calls.lengthLimitMs,
      );
    }
    this.#somethingSaid();
    listener.ready();
    this.#log.info('call ready');
    if (config.agent.greeting !== '') {
      this.#startReply(() => fixedText(config.agent.greeting), new TurnMarks());
    }
  }

  /** Takes a window of the caller's sound. */
  #hear(window: HeardWindow): void {
    if (this.#ready && this.#closing === undefined) {
      this.#hearing.hear(window, this.#reply?.segment.audible ?? false);
    }
  }

  /** Takes news of the playout. */
  #playout(event: PlayoutEvent): void {
    const reply = this.#reply;
    if (reply?.segment.id !== event.segmentId) return;
    reply.segment.handle(event);
    if (event.type === 'stopped') reply.abort.abort();
  }

  /** Takes words that were typed in place of spoken. */
  say(text: string): void {
    const now = monotonicMs();
    this.#interrupt();
    const marks = new TurnMarks();
    marks.set('lastVoiced', now);
    marks.set('endpoint', now);
    this.#answer(Promise.resolve(text), marks);
  }

  /** Takes what the browser measures of its receiving side. */
  reportPlayout(report: PlayoutReport): void {
    this.#network = report;
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

  #callerBegan(): void {
    this.#somethingSaid();
    // A caller who goes on before the answer can be heard has not finished; what was said stays and is answered with it.
    if (this.#reply !== undefined && !this.#reply.segment.audible) this.#interrupt();
  }

  #callerEnded(turn: HeardTurn): void {
    const marks = new TurnMarks();
    marks.set('lastVoiced', turn.lastVoicedAtMs);
    marks.set('endpoint', monotonicMs());
    this.#answer(turn.words, marks);
  }

  /** Takes the words of a turn into the conversation when they have come, and answers them. */
  #answer(words: Promise<string>, marks: TurnMarks): void {
    const before = this.#reply?.settled;
    const added = this.#wordsAdded.then(async () => {
      const text = (await words).trim();
      await before;
      marks.set('recognised', monotonicMs());
      if (text !== '') this.#conversation.addCallerWords(text);
      this.#showCaller('', true);
    });
    // The words stand in the conversation even when the answer to them is stopped; a failure is the answer's to tell.
    this.#wordsAdded = added.catch(() => undefined);
    this.#startReply((signal) => this.#deltasAfter(added, signal), marks);
  }

  async *#deltasAfter(added: Promise<void>, signal: AbortSignal): AsyncIterable<ReplyDelta> {
    await added;
    signal.throwIfAborted();
    if (!this.#conversation.unanswered) return;
    const { maxTokens, temperature } = this.#options.config.languageModel;
    yield* this.#options.languageModel.reply(
      this.#conversation.messages,
      { tools: this.#tools, maxTokens, temperature },
      signal,
    );
  }

  #startReply(
    deltas: (signal: AbortSignal) => AsyncIterable<ReplyDelta>,
    marks: TurnMarks,
    apology = false,
  ): void {
    const { media, engines, voice } = this.#options;
    const turnId = this.#conversation.nextAgentTurn();
    const segment = new SpokenSegment(turnId, (samples, last) => media.play(turnId, samples, last));
    const abort = new AbortController();
    const signal = AbortSignal.any([this.#lifetime.signal, abort.signal]);
    const calls: ToolCall[] = [];
    const outcome = speakReply(
      {
        deltas: deltas(signal),
        synthesizer: engines.synthesizer,
        voice,
        segment,
        marks,
        onText: (text) => this.#options.listener.turn({ turnId, speaker: 'agent', text, final: false }),
        onCall: (call) => calls.push(call),
        onStarted: () => this.#replyStarted(turnId, marks),
      },
      signal,
    );
    const reply: CurrentReply = { turnId, segment, abort, calls, apology, settled: Promise.resolve() };
    reply.settled = outcome.then((result) => this.#replySettled(reply, result));
    this.#reply = reply;
    this.#setState('thinking');
  }

  #replyStarted(turnId: number, marks: TurnMarks): void {
    this.#conversation.answerBegan();
    this.#setState('speaking');
    const latency = marks.latency(turnId);
    if (latency === undefined) return;
    const network = this.#network;
    if (network !== undefined) {
      latency.mouthToEarMs =
        latency.voiceToVoiceMs + network.roundTripMs + network.jitterBufferMs + network.outputMs;
    }
    this.#options.metrics.turnAnswered(latency);
    this.#options.listener.latency(latency);
    this.#log.info({ latency }, 'turn answered');
  }

  #replySettled(reply: CurrentReply, outcome: ReplyOutcome): void {
    const { segment, turnId } = reply;
    const { listener, engines, media, metrics } = this.#options;
    if (outcome.type !== 'spoken' && segment.ended === undefined) media.stopPlayout();
    const heard =
      outcome.type === 'spoken'
        ? segment.text
        : segment.heard(engines.synthesizer.sampleRateHz, this.#earDelayMs);
    this.#conversation.addAgentWords(heard, reply.calls);
    this.#log.debug({ turnId, outcome: outcome.type, text: segment.text, heard }, 'agent');
    if (segment.text !== '') {
      const cut = heard.length < segment.text.length ? { heardCharacters: heard.length } : {};
      listener.turn({ turnId, speaker: 'agent', text: segment.text, final: true, ...cut });
    }
    if (outcome.type === 'failed') {
      metrics.turnFailed();
      this.#log.error({ err: outcome.error, turnId }, 'an answer failed');
    }
    if (this.#reply !== reply) return;
    this.#reply = undefined;
    if (outcome.type === 'failed' && !reply.apology) {
      this.#startReply(() => fixedText(apology), new TurnMarks(), true);
      return;
    }
    this.#somethingSaid();
    this.#setState('listening');
    if (this.#endAfterReply && outcome.type === 'spoken')
      this.#end('agentEnded', 'The agent has ended the call.');
  }

  /** Stops the answer in the making or being spoken. What was heard of it stays in the conversation. */
  #interrupt(): void {
    const reply = this.#reply;
    if (reply === undefined) return;
    this.#endAfterReply = false;
    this.#options.media.stopPlayout();
    // An audible answer ends with the media thread's word on how much has left; one in the making ends here.
    if (!reply.segment.audible) reply.abort.abort();
    else setTimeout(() => reply.abort.abort(), settleLimitMs).unref();
  }

  /** Delay between the server and the caller's ear as far as the browser has told it, ms. */
  get #earDelayMs(): number {
    const network = this.#network;
    return network === undefined ? 0 : network.roundTripMs / 2 + network.jitterBufferMs + network.outputMs;
  }

  /** Shows the caller's turn: what is in the conversation and the words that are just being heard. */
  #showCaller(hearing: string, final: boolean): void {
    const turnId = this.#conversation.callerTurnId;
    const text = [this.#conversation.callerText, hearing].filter((part) => part !== '').join(' ');
    this.#options.listener.turn({ turnId, speaker: 'caller', text, final });
    if (final) this.#log.debug({ turnId, text }, 'caller');
  }

  #setState(state: AgentState): void {
    if (this.#state === state || this.#closing !== undefined) return;
    this.#state = state;
    this.#options.listener.state(state);
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

async function* fixedText(text: string): AsyncIterable<ReplyDelta> {
  yield { type: 'text', text };
}
