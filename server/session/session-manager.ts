/** All calls of the server: who is let in, and that nothing of a call stays behind when it is over. */
import { randomUUID } from 'node:crypto';
import type { Grant } from '../access/call-grant.js';
import type { Config } from '../config.js';
import type { LanguageModelHandle, RecognizerHandle } from '../engines/engine-types.js';
import type { LoadedEngines } from '../engines/load-engines.js';
import { BadRequestError, ParleyError, ServerDrainingError, ServerFullError } from '../errors.js';
import type { Logger } from '../log.js';
import { CallMedia } from '../media/call-media.js';
import type { MediaServer } from '../media/media-server.js';
import type { MediaThreads } from '../media/media-threads.js';
import type { Metrics } from '../observability/metrics.js';
import type { StartCallRequest } from '../protocol.js';
import { plainLanguageModel, plainRecognizer } from './plain-words.js';
import { Session, type SessionListener } from './session.js';

/** What a call is made from. */
export interface Shared {
  config: Config;
  engines: LoadedEngines;
  mediaServer: MediaServer;
  mediaThreads: MediaThreads;
  metrics: Metrics;
  log: Logger;
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
  media: CallMedia;
}

export class SessionManager {
  readonly #shared: Shared;
  readonly #calls = new Map<string, Call>();
  /** Places taken: calls, and those being opened. */
  #taken = 0;
  #draining = false;

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  /** Calls at this moment, those being opened included. */
  get size(): number {
    return this.#taken;
  }

  /** Whether a new caller would be let in. */
  get open(): boolean {
    return !this.#draining;
  }

  /**
   * Lets a caller in and opens the call.
   * @param grant what this caller may do, already applied to `request`.
   * @throws ServerFullError, ServerDrainingError, BadRequestError (unknown voice), MediaFailedError.
   */
  async start(request: StartCallRequest, listener: SessionListener, grant: Grant): Promise<Call> {
    try {
      if (this.#draining) throw new ServerDrainingError();
      const { max } = this.#shared.config.calls;
      if (this.#taken >= max)
        throw new ServerFullError(`All ${max} places are taken. Please try again shortly.`);
      const voice = this.#voice(request.voice);
      this.#taken++;
      try {
        return await this.#open(request, voice, listener, grant);
      } catch (error) {
        this.#taken--;
        throw error;
      }
    } catch (error) {
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
    this.#draining = true;
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
  ): Promise<Call> {
    const { config, engines, metrics } = this.#shared;
    const id = randomUUID();
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
        draftsAllowed: () => Object.values(engines.queues()).every(({ waiting }) => waiting === 0),
      });
      const call: Call = { session, media };
      this.#calls.set(id, call);
      session.onClosed(() => {
        this.#calls.delete(id);
        this.#taken--;
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
