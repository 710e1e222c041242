/**
 * Keeps a model in threads or child processes of its own and lets callers queue for it: most urgent first, bounded,
 * with requests of an aborted signal removed. A worker that dies or hangs is reported and replaced.
 */
import { EngineFailedError } from '../errors.js';
import type { Logger } from '../log.js';
import { deferred } from './deferred.js';
import type { Priority } from './engine-types.js';
import {
  HostedWorker,
  type HostedWorkerEvents,
  type HostedWorkerOptions,
  type Run,
} from './hosted-worker.js';
import { RequestQueue } from './request-queue.js';

export interface EngineHostOptions extends HostedWorkerOptions {
  /** Threads or processes, each with a model of its own. Default 1. */
  workers?: number;
  /** How many are needed, as it turns out when the first ones say what they can: further ones are started. Default 0. */
  workersNeeded?: (info: unknown) => number;
  /** Requests that one worker serves at the same time, taking turns. Default 1. */
  runsPerWorker?: number;
  /** Requests of one owner that are served at the same time. Default 2. */
  runsPerOwner?: number;
  /** Requests that may wait; more are refused. Default 64. */
  maxWaiting?: number;
  /** Told of every worker that died or hung, after its requests have failed. */
  onCrash?: (error: EngineFailedError) => void;
  logger: Logger;
}

export interface EngineRequestOptions<Input, Chunk> {
  priority: Priority;
  /** Whose request it is: no owner gets more than a fair part of the engine while others wait. Default: its own. */
  owner?: string;
  /** Told of every part of the result, until the request is over. */
  onChunk?: (chunk: Chunk) => void;
  /** Called when a worker takes the request up, with what hands the run more to work on. */
  onStart?: (input: EngineInput<Input>) => void;
}

/**
 * Hands a run more to work on.
 * @param priority until when it must be done, from now, ms; default {@link Priority.waiting}.
 */
export type EngineInput<Input> = (input: Input, priority?: Priority) => void;

/** For metrics. */
export interface EngineLoad {
  waiting: number;
  running: number;
  /** How long the oldest waiting request has waited, ms. */
  oldestWaitingMs: number;
  /** Workers that died or hung since the start. */
  crashes: number;
}

interface Job extends Run {
  /** Who serves it, once it is served. */
  worker: HostedWorker | undefined;
  onStart: ((input: EngineInput<unknown>) => void) | undefined;
}

const defaults = {
  workers: 1,
  workersNeeded: () => 0,
  runsPerWorker: 1,
  runsPerOwner: 2,
  maxWaiting: 64,
} satisfies Partial<EngineHostOptions>;

const RESTART_DELAYS_MS = [0, 250, 1000, 5000, 15_000];
/** A worker that has lived so long starts again from the first delay, ms. */
const SETTLED_MS = 60_000;

export class EngineHost<Request, Input, Chunk, Result> {
  /** What the worker said of its model when it had loaded it. */
  info: unknown;
  readonly #options: EngineHostOptions & Required<Pick<EngineHostOptions, keyof typeof defaults>>;
  readonly #workers = new Set<HostedWorker>();
  readonly #queue = new RequestQueue<Job>();
  readonly #restarts = new Set<NodeJS.Timeout>();
  #nextId = 1;
  #crashes = 0;
  #crashesInARow = 0;
  #closed: Promise<void> | undefined;

  private constructor(options: EngineHostOptions) {
    this.#options = { ...defaults, ...options };
  }

  /**
   * Starts the workers and waits until every one has loaded its model.
   * @throws ModelUnusableError with the worker's own words.
   */
  static async start<Request, Input, Chunk, Result>(
    options: EngineHostOptions,
  ): Promise<EngineHost<Request, Input, Chunk, Result>> {
    const host = new EngineHost<Request, Input, Chunk, Result>(options);
    try {
      const start = (count: number) => Promise.all(Array.from({ length: count }, () => host.#startWorker()));
      await start(host.#options.workers);
      await start(Math.max(0, host.#options.workersNeeded(host.info) - host.workers));
      return host;
    } catch (error) {
      await host.close();
      throw error;
    }
  }

  /** Workers at this moment. */
  get workers(): number {
    return this.#workers.size;
  }

  /** Requests and crashes at this moment. */
  get load(): EngineLoad {
    return {
      waiting: this.#queue.length,
      running: [...this.#workers].reduce((sum, { running }) => sum + running, 0),
      oldestWaitingMs: this.#queue.oldestMs(performance.now()),
      crashes: this.#crashes,
    };
  }

  /**
   * Queues a request. Rejects with the signal's reason when that aborts, with EngineFailedError when the queue is full,
   * the run fails or the worker dies.
   */
  request(
    request: Request,
    { priority, owner, onChunk, onStart }: EngineRequestOptions<Input, Chunk>,
    signal: AbortSignal,
  ): Promise<Result> {
    const { name, maxWaiting } = this.#options;
    if (signal.aborted) return Promise.reject(signal.reason as Error);
    if (this.#closed) return Promise.reject(new EngineFailedError(`${name} is closing.`));
    if (this.#queue.length >= maxWaiting) {
      const why = `${name} is overloaded: ${maxWaiting} requests are waiting already.`;
      return Promise.reject(new EngineFailedError(why));
    }
    const { promise, resolve, reject } = deferred<Result>();
    const job: Job = {
      id: this.#nextId++,
      priority,
      owner,
      request,
      since: performance.now(),
      worker: undefined,
      onChunk,
      onStart,
      settle: (error, result) => {
        signal.removeEventListener('abort', abort);
        job.onChunk = undefined;
        if (error === undefined) resolve(result as Result);
        else reject(error);
      },
    };
    const abort = (): void => {
      if (!this.#queue.remove(job)) job.worker?.stop(job);
      job.settle(signal.reason);
    };
    signal.addEventListener('abort', abort, { once: true });
    this.#queue.push(job);
    this.#dispatch();
    return promise;
  }

  /** Fails what waits, stops what runs, ends the workers by message. Idempotent. */
  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #close(): Promise<void> {
    for (const timer of this.#restarts) clearTimeout(timer);
    const error = new EngineFailedError(`${this.#options.name} is closing.`);
    for (const job of this.#queue.drain()) job.settle(error);
    await Promise.all([...this.#workers].map((worker) => worker.close(error)));
  }

  #startWorker(replacement = false): Promise<void> {
    const events: HostedWorkerEvents = {
      up: (info) => {
        this.info = info;
        this.#dispatch();
      },
      free: () => this.#dispatch(),
      gone: (worker, error, wasUp) => {
        this.#workers.delete(worker);
        if (this.#closed) return;
        if (worker.ageMs > SETTLED_MS) this.#crashesInARow = 0;
        if (wasUp) this.#crashed(error);
      },
    };
    const worker = new HostedWorker(this.#options, events, replacement);
    this.#workers.add(worker);
    return worker.loaded;
  }

  /** A worker that was at work is dead: fails what waits if it was the only one, and replaces it. */
  #crashed(error: EngineFailedError): void {
    this.#crashes++;
    this.#options.logger.error(
      { engine: this.#options.name, err: error },
      'an engine worker died and is replaced',
    );
    if (this.#workers.size === 0) for (const job of this.#queue.drain()) job.settle(error);
    this.#replace();
    this.#options.onCrash?.(error);
  }

  #replace(): void {
    const delay = RESTART_DELAYS_MS[Math.min(this.#crashesInARow++, RESTART_DELAYS_MS.length - 1)];
    const timer = setTimeout(() => {
      this.#restarts.delete(timer);
      this.#startWorker(true).catch((error: unknown) => {
        if (this.#closed) return;
        this.#options.logger.error(
          { engine: this.#options.name, err: error },
          'an engine worker could not be replaced',
        );
        if (this.#workers.size === 0) for (const job of this.#queue.drain()) job.settle(error);
        this.#replace();
      });
    }, delay);
    this.#restarts.add(timer);
  }

  #dispatch(): void {
    for (let worker = this.#leastBusy(); worker !== undefined; worker = this.#leastBusy()) {
      const job = this.#queue.shift((owner) => this.#runsOf(owner) < this.#options.runsPerOwner);
      if (!job) return;
      job.worker = worker;
      worker.run(job);
      job.onStart?.((input, until) => worker.input(job, input, until));
    }
  }

  /** The worker with the fewest requests of those that can take another; `undefined` when none can. */
  #leastBusy(): HostedWorker | undefined {
    let least: HostedWorker | undefined;
    for (const worker of this.#workers) {
      if (!worker.up || worker.running >= this.#options.runsPerWorker) continue;
      if (least === undefined || worker.running < least.running) least = worker;
    }
    return least;
  }

  #runsOf(owner: string): number {
    return [...this.#workers].reduce((sum, worker) => sum + worker.runsOf(owner), 0);
  }
}
