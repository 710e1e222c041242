/**
 * The main thread's end of a media thread: starts it, passes sound and news on, and notices its death. The media
 * thread runs in a process of its own; see media-thread-worker for why.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { entryPoint } from '../entry-point.js';
import { MediaFailedError, ModelUnusableError } from '../errors.js';
import type { Logger } from '../log.js';
import type { CallerStreamOptions } from './caller-stream.js';
import { newMediaCounts } from './media-counting.js';
import { MeasuredUse } from './measured-use.js';
import type {
  HeardWindow,
  MediaCommand,
  MediaCounters,
  MediaNotice,
  PlayoutEvent,
  StreamParameters,
} from './media-types.js';
import type { PacerOptions } from './pacer.js';

/** Settings of a media thread: plain data, handed to the thread as it is. Units and ranges stand with each field. */
export interface MediaThreadOptions extends CallerStreamOptions {
  pacer?: PacerOptions;
  /** File of the voice activity model; by default the one that comes with the package. */
  vadModelPath?: string;
}

export const DEFAULT_MEDIA_THREAD_OPTIONS: MediaThreadOptions = {
  vadThreshold: 0.5,
  vadOffThreshold: 0.35,
  voicedStartMs: 32,
  voicedStopMs: 32,
};

const SHUTDOWN_LIMIT_MS = 5_000;

/** Who wants to know what one caller's stream does. */
export interface StreamListener {
  /** The next window, in order of media time, without gaps. */
  onHeard(window: HeardWindow): void;
  onPlayout(event: PlayoutEvent): void;
  /** The stream can no longer be served, or its thread died. It still has to be closed. */
  onFailed(message: string): void;
}

export class MediaThread {
  readonly #child: ChildProcess;
  readonly #logger: Logger;
  readonly #sessions = new Set<string>();
  readonly #listeners = new Map<string, StreamListener>();
  readonly #requests = new Map<
    number,
    { resolve: (port: number) => void; reject: (error: MediaFailedError) => void }
  >();
  #nextRequest = 1;
  #counters: MediaCounters = {
    sessions: 0,
    ...newMediaCounts(),
    busy: 0,
    pacerLatenessMs: { p50: 0, p99: 0, max: 0 },
    eventLoopDelayMs: { p50: 0, p99: 0, max: 0 },
  };
  /** How busy it is, for placing calls. */
  readonly use = new MeasuredUse();
  #stopping = false;
  #death: MediaFailedError | undefined;
  #onDied: (error: MediaFailedError) => void = () => undefined;

  private constructor(child: ChildProcess, logger: Logger) {
    this.#child = child;
    this.#logger = logger;
    child.on('message', (notice: MediaNotice) => this.#take(notice));
    child.on('error', (cause) => this.#die(cause));
    child.on('exit', (code, signal) => this.#die(ended(code, signal)));
  }

  /**
   * Starts a thread with its voice activity model loaded and warm.
   * @throws ModelUnusableError when the model's file is missing or damaged; MediaFailedError when the thread fails.
   */
  static async start(options: MediaThreadOptions, logger: Logger): Promise<MediaThread> {
    const { path, execArgv } = entryPoint('./media-thread-worker', import.meta.url);
    const child = fork(path, [JSON.stringify(options)], {
      // The heap is small: collecting it alone is done sooner than asking other threads to help.
      execArgv: [...execArgv, '--single-threaded-gc'],
      // onnxruntime would otherwise report its use to its maker.
      env: { ...process.env, ORT_DISABLE_TELEMETRY: '1' },
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const notice = await firstNotice(child);
    if (notice.type === 'startFailed') {
      throw notice.code === 'modelUnusable'
        ? new ModelUnusableError(notice.message)
        : new MediaFailedError(notice.message);
    }
    return new MediaThread(child, logger);
  }

  /** What the thread has counted, at most a second old. */
  get counters(): MediaCounters {
    return this.#counters;
  }

  /** Process id, for whoever wants to look at it. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Streams that are open or being opened. */
  get sessions(): number {
    return this.#sessions.size;
  }

  /**
   * Whom to tell, once, when the thread ends without having been told to: after the listeners of all its streams,
   * at once when it is dead already.
   */
  onDied(callback: (error: MediaFailedError) => void): void {
    this.#onDied = callback;
    if (this.#death && !this.#stopping) callback(this.#death);
  }

  /**
   * Opens a private UDP port on 127.0.0.1 for a session.
   * @throws MediaFailedError when there is none, or the thread is dead.
   */
  async open(sessionId: string): Promise<{ port: number }> {
    if (this.#sessions.has(sessionId)) throw new MediaFailedError(`The stream ${sessionId} is open already.`);
    this.#sessions.add(sessionId);
    try {
      return { port: await this.#request((requestId) => ({ type: 'open', requestId, sessionId })) };
    } catch (error) {
      this.#sessions.delete(sessionId);
      throw error;
    }
  }

  /** Says who sends to the port and where the voice goes; from now on the session hears. */
  connect(sessionId: string, stream: StreamParameters): void {
    this.post({ type: 'connect', sessionId, stream });
  }

  /** Whom to tell about a session. Replaces the listener before. */
  listen(sessionId: string, listener: StreamListener): void {
    this.#listeners.set(sessionId, listener);
  }

  /**
   * Adds sound to a segment; see MediaCommand.
   * @param samples at the voice's rate; copied.
   */
  play(sessionId: string, segmentId: number, samples: Int16Array, last: boolean): void {
    this.post({ type: 'play', sessionId, segmentId, samples, last });
  }

  /** Silences a session at once; the events `stopped` say how far each segment came. */
  stopPlayout(sessionId: string): void {
    this.post({ type: 'stopPlayout', sessionId });
  }

  /** Lets the voice pause where it is, and go on. */
  hold(sessionId: string, held: boolean): void {
    this.post({ type: 'hold', sessionId, held });
  }

  /** @param gain volume of the voice, 0 to 1 = as synthesised. */
  gain(sessionId: string, gain: number): void {
    this.post({ type: 'gain', sessionId, gain });
  }

  /** Gives the port back; news of the session that are still on their way are dropped. Resolves also when the thread is dead. */
  async close(sessionId: string): Promise<void> {
    this.#listeners.delete(sessionId);
    if (!this.#sessions.has(sessionId) || this.#death || this.#stopping) return;
    try {
      await this.#request((requestId) => ({ type: 'close', requestId, sessionId }));
    } catch (error) {
      this.#logger.debug({ err: error, sessionId }, 'media thread died while a stream was closed');
    }
    this.#sessions.delete(sessionId);
  }

  /** Ends the thread after what it is doing. Idempotent. */
  async shutdown(): Promise<void> {
    if (this.#death) return;
    const exited = once(this.#child, 'exit');
    if (!this.#stopping) this.post({ type: 'shutdown' });
    this.#stopping = true;
    const limit = setTimeout(() => {
      this.#logger.warn('media thread did not end by itself');
      this.#child.kill('SIGKILL');
    }, SHUTDOWN_LIMIT_MS);
    await exited;
    clearTimeout(limit);
  }

  #request(command: (requestId: number) => MediaCommand): Promise<number> {
    if (this.#death) return Promise.reject(this.#death);
    return new Promise((resolve, reject) => {
      const requestId = this.#nextRequest++;
      this.#requests.set(requestId, { resolve, reject });
      this.post(command(requestId));
    });
  }

  private post(command: MediaCommand): void {
    if (!this.#death && !this.#stopping) this.#child.send(command);
  }

  #take(notice: MediaNotice): void {
    switch (notice.type) {
      case 'heard':
        for (const window of notice.windows) {
          // Samples as they come are views of the whole message, which holds other callers' sound as well.
          const samples = window.samples.slice();
          this.#listeners.get(window.sessionId)?.onHeard({ ...window, samples });
        }
        return;
      case 'playout':
        for (const event of notice.events) this.#listeners.get(event.sessionId)?.onPlayout(event);
        return;
      case 'opened':
        this.#settle(notice.requestId)?.resolve(notice.port);
        return;
      case 'closed':
        this.#settle(notice.requestId)?.resolve(0);
        return;
      case 'openFailed':
        this.#settle(notice.requestId)?.reject(new MediaFailedError(notice.message));
        return;
      case 'streamFailed':
        this.#listeners.get(notice.sessionId)?.onFailed(notice.message);
        return;
      case 'counters':
        this.#logLosses(notice.counters);
        this.#counters = notice.counters;
        this.use.measured(notice.counters.busy, notice.counters.sessions);
        return;
      case 'ready':
      case 'startFailed':
        return;
    }
  }

  #settle(requestId: number) {
    const request = this.#requests.get(requestId);
    this.#requests.delete(requestId);
    return request;
  }

  /** The counters come once a second, and so does at most one line about what went wrong in it. */
  #logLosses(now: MediaCounters): void {
    const before = this.#counters;
    const losses: Record<string, number> = {};
    for (const [reason, count] of Object.entries(now.dropped)) {
      losses[reason] = count - before.dropped[reason as keyof MediaCounters['dropped']];
    }
    losses['decodeErrors'] = now.decodeErrors - before.decodeErrors;
    losses['framesSkipped'] = now.framesSkipped - before.framesSkipped;
    const some = Object.fromEntries(Object.entries(losses).filter(([, count]) => count > 0));
    if (Object.keys(some).length > 0) this.#logger.warn(some, 'media thread dropped packets or frames');
  }

  #die(cause: Error): void {
    if (this.#death) return;
    this.#death = new MediaFailedError('The media thread has ended.', { cause });
    for (const { resolve, reject } of this.#requests.values()) {
      if (this.#stopping) resolve(0);
      else reject(this.#death);
    }
    this.#requests.clear();
    const listeners = [...this.#listeners.values()];
    this.#listeners.clear();
    this.#sessions.clear();
    if (this.#stopping) return;
    for (const listener of listeners) listener.onFailed(this.#death.message);
    this.#onDied(this.#death);
  }
}

/** The thread's first word. Leaves no listeners behind. */
function firstNotice(child: ChildProcess): Promise<MediaNotice> {
  return new Promise((resolve, reject) => {
    const settle = (outcome: () => void) => {
      child.off('message', take).off('error', fail).off('exit', end);
      outcome();
    };
    const take = (notice: unknown): void => settle(() => resolve(notice as MediaNotice));
    const fail = (cause: unknown): void =>
      settle(() => reject(new MediaFailedError('The media thread did not start.', { cause })));
    const end = (code: number | null, signal: NodeJS.Signals | null): void => fail(ended(code, signal));
    child.on('message', take).on('error', fail).on('exit', end);
  });
}

function ended(code: number | null, signal: NodeJS.Signals | null): Error {
  return new Error(`The process ended with ${signal ?? `code ${code}`}.`);
}
