/** All calls of the server: who is let in, and that nothing of a call stays behind when it is over. */
import { randomUUID } from 'node:crypto';
import type { Grant } from '../access/call-grant.js';
import type { Config } from '../config.js';
import type { LanguageModelHandle, RecognizerHandle, Tool } from '../engines/engine-types.js';
import type { LoadedEngines } from '../engines/load-engines.js';
import { BadRequestError, ParleyError, ServerDrainingError } from '../errors.js';
import type { Logger } from '../log.js';
import { CallMedia } from '../media/call-media.js';
import type { MediaServer } from '../media/media-server.js';
import type { MediaThreads } from '../media/media-threads.js';
import type { Metrics } from '../observability/metrics.js';
import type { CallStatus } from '../observability/server-status.js';
import type { TurnTraces } from '../observability/turn-traces.js';
import { plainLanguageModel, plainRecognizer } from './plain-words.js';
import { pageTools } from '../tools/page-tools.js';
import { builtInToolNames } from './built-in-tools.js';
import type { StartCallRequest, WaitingUpdate } from '../protocol.js';
import { Admission } from './admission.js';
import type { ServiceLevel } from './service-level.js';
import { Session, type SessionListener } from './session.js';

/** What a call is made from. */
export interface Shared {
  config: Config;
  engines: LoadedEngines;
  mediaServer: MediaServer;
  mediaThreads: MediaThreads;
  metrics: Metrics;
  serviceLevel: ServiceLevel;
  traces: TurnTraces;
  log: Logger;
  /** The operator's functions. */
  tools: readonly Tool[];
}

/** What a caller is told, of the waiting line too. */
export interface CallerListener extends SessionListener {
  waiting(position: WaitingUpdate): void;
}

/** How long a server that goes down waits, ms. */
export interface DrainLimits {
  /** For calls to end by themselves. */
  callsMs: number;
  /** For answers being spoken to be over. */
  answersMs: number;
}

/** A call that was let in. */
export interface Call {
  session: Session;
  /** Whom the caller's token was made for. */
  caller?: string | undefined;
  media: CallMedia;
}

export class SessionManager {
  readonly #shared: Shared;
  readonly #calls = new Map<string, Call>();
  readonly #admission: Admission;
  readonly #draining = new AbortController();

  constructor(shared: Shared) {
    this.#shared = shared;
    const { calls } = shared.config;
    this.#admission = new Admission({
      places: calls.max,
      waitingPlaces: calls.waiting,
      closedBecause: () => shared.serviceLevel.refusal,
    });
  }

  /** Calls at this moment, those being opened included. */
  get size(): number {
    return this.#admission.taken;
  }

  /** What an administrator sees of each call. */
  get live(): CallStatus[] {
    return [...this.#calls.values()].map(({ session, caller }) => ({
      ...session.status,
      ...(caller === undefined ? {} : { caller }),
    }));
  }

  /** Callers in the waiting line. */
  get waiting(): number {
    return this.#admission.waiting;
  }

  /**
   * Lets a caller in, after a wait where there is a waiting line, and opens the call.
   * @param grant what this caller may do, already applied to `request`.
   * @param left aborts when the caller has gone: a place in the waiting line is then given up.
   * @throws ServerFullError, ServerDrainingError, BadRequestError (unknown voice), MediaFailedError.
   */
  async start(
    request: StartCallRequest,
    listener: CallerListener,
    grant: Grant,
    left: AbortSignal,
  ): Promise<Call> {
    try {
      const voice = this.#voice(request.voice);
      const leave = await this.#admission.enter(
        (position) => listener.waiting(position),
        AbortSignal.any([left, this.#draining.signal]),
      );
      try {
        return await this.#open(request, voice, listener, grant, leave);
      } catch (error) {
        leave();
        throw error;
      }
    } catch (error) {
      // Nobody is there any more to whom it matters.
      if (left.aborted) throw error;
      this.#shared.metrics.callRefused(error instanceof ParleyError ? error.code : 'internal');
      throw error;
    }
  }

  /**
   * Takes no new calls, and tells the callers; resolves when every call has ended. First they have time to end by
   * themselves, then answers being spoken to be over, then all are ended.
   * @param limits how long each may take, ms.
   * @param hurry ends the waiting when it aborts.
   */
  async drain({ callsMs, answersMs }: DrainLimits, hurry: AbortSignal): Promise<void> {
    this.#draining.abort(new ServerDrainingError());
    if (callsMs > 0) {
      for (const { session } of this.#calls.values()) session.tellDraining(callsMs);
      const all = [...this.#calls.values()].map(
        ({ session }) => new Promise<void>((resolve) => session.onClosed(resolve)),
      );
      await within(callsMs, Promise.all(all), hurry);
    }
    const over = Promise.all([...this.#calls.values()].map(({ session }) => session.answerOver()));
    await within(answersMs, over, hurry);
    await Promise.all(
      [...this.#calls.values()].map(({ session }) =>
        session.close('serverShutdown', 'The server is shutting down.'),
      ),
    );
  }

  async #open(
    request: StartCallRequest,
    voice: string,
    listener: SessionListener,
    grant: Grant,
    leave: () => void,
  ): Promise<Call> {
    const { config, engines, metrics, serviceLevel, traces } = this.#shared;
    const id = randomUUID();
    const ofPage = pageTools(
      request.tools ?? [],
      [...builtInToolNames, ...this.#shared.tools.map(({ name }) => name)],
      (name, args, limitMs) => listener.callTool(name, args, limitMs),
      config.tools.limitMs,
    );
    const log = this.#shared.log.child({
      session: id,
      ...(grant.caller === undefined ? {} : { caller: grant.caller }),
    });
    let languageModel: LanguageModelHandle | undefined;
    let recognizer: RecognizerHandle | undefined;
    try {
      languageModel = plainLanguageModel(engines.languageModel.open());
      recognizer = plainRecognizer(engines.recognizer.open());
      const media = await CallMedia.open(this.#shared, id, engines.synthesizer.sampleRateHz);
      const session = new Session({
        id,
        config,
        engines,
        languageModel,
        recognizer,
        media,
        listener,
        grant,
        metrics,
        log,
        systemPrompt: request.systemPrompt ?? config.agent.systemPrompt,
        voice,
        tools: [...this.#shared.tools, ...ofPage],
        serviceLevel,
        traces,
      });
      const call: Call = { session, media, caller: grant.caller };
      this.#calls.set(id, call);
      session.onClosed(() => {
        this.#calls.delete(id);
        leave();
      });
      metrics.callStarted();
      log.info('call started');
      return call;
    } catch (error) {
      await Promise.allSettled([languageModel?.close(), recognizer?.close()]);
      throw error;
    }
  }

  #voice(asked: string | undefined): string {
    const { voices } = this.#shared.engines.synthesizer;
    if (asked === undefined) return this.#shared.config.synthesizer.voice || (voices[0] ?? '');
    if (voices.includes(asked)) return asked;
    throw new BadRequestError(`There is no voice ${JSON.stringify(asked)}. Voices: ${voices.join(', ')}.`);
  }
}

/** Resolves when `done` does, after `limitMs`, or when the signal aborts. */
async function within(limitMs: number, done: Promise<unknown>, signal: AbortSignal): Promise<void> {
  let end = (): void => undefined;
  const limit = new Promise<void>((resolve) => (end = resolve));
  const timer = setTimeout(end, limitMs);
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  await Promise.race([done, limit]);
  clearTimeout(timer);
  signal.removeEventListener('abort', end);
}
