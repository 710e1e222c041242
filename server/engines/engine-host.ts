/**
 * Keeps a model in threads or child processes of its own and lets callers queue for it: most urgent first, bounded,
 * with requests of an aborted signal removed. A worker that dies or hangs is reported and replaced.
 */
import { EngineFailedError, ModelUnusableError } from '../errors.js';
import type { Logger } from '../log.js';
import { monotonicMs } from '../media/media-types.js';
import { deferred } from './deferred.js';
import { Priority } from './engine-types.js';
import { RequestQueue, type Queued } from './request-queue.js';
import { startEngine, type EngineLink, type EnginePlace, type FromWorker } from './engine-link.js';

export interface EngineHostOptions {
  /** Name for logs and messages. */
  name: string;
  place: EnginePlace;
  /** Handed to the worker's `load`. */
  setup: unknown;
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
  /** A worker that has work and says nothing for so long hangs and is replaced, ms. Default 10 000. */
  silenceLimitMs?: number;
  /** Time to load the model, ms. Default 120 000. */
  loadLimitMs?: number;
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

interface Job extends Queued {
  id: number;
  request: unknown;
  worker: HostWorker | undefined;
  onChunk: ((chunk: never) => void) | undefined;
  onStart: ((input: EngineInput<unknown>) => void) | undefined;
  /** Inputs sent to the run. */
  sent: number;
  /** It has used up its inputs and waits for more, so that its silence means nothing. */
  hungry: boolean;
  settle: (error: unknown, result?: unknown) => void;
}

interface HostWorker {
  link: EngineLink;
  state: 'loading' | 'up' | 'gone';
  readonly jobs: Map<number, Job>;
  watchdog: NodeJS.Timeout | undefined;
  /** Why the host killed it. */
  killedFor: string | undefined;
  exited: Promise<void>;
}

const RESTART_DELAYS_MS = [0, 250, 1000, 5000, 15_000];
/** A worker that has lived so long starts again from the first delay, ms. */
const SETTLED_MS = 60_000;
const CLOSE_LIMIT_MS = 5000;

export class EngineHost<Request, Input, Chunk, Result> {
  /** What the worker said of its model when it had loaded it. */
  info: unknown;
  readonly #options: Required<Omit<EngineHostOptions, 'onCrash'>> & Pick<EngineHostOptions, 'onCrash'>;
  readonly #workers = new Set<HostWorker>();
  readonly #queue = new RequestQueue<Job>();
  readonly #restarts = new Set<NodeJS.Timeout>();
  #nextId = 1;
  #crashes = 0;
  #crashesInARow = 0;
  #closed: Promise<void> | undefined;

  private constructor(options: EngineHostOptions) {
    this.#options = {
      workers: 1,
      workersNeeded: () => 0,
      runsPerWorker: 1,
      runsPerOwner: 2,
      maxWaiting: 64,
      silenceLimitMs: 10_000,
      loadLimitMs: 120_000,
      ...options,
    };
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
      running: [...this.#workers].reduce((sum, { jobs }) => sum + jobs.size, 0),
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
      sent: 0,
      hungry: false,
      settle: (error, result) => {
        signal.removeEventListener('abort', abort);
        job.onChunk = undefined;
        if (error === undefined) resolve(result as Result);
        else reject(error);
      },
    };
    const abort = (): void => {
      if (!this.#queue.remove(job) && job.worker) {
        job.worker.link.send({ type: 'stop', id: job.id });
        job.hungry = false;
        this.#watch(job.worker);
      }
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
    await Promise.all(
      [...this.#workers].map(async (worker) => {
        for (const job of worker.jobs.values()) job.settle(error);
        this.#unwatch(worker);
        worker.link.send({ type: 'close' });
        const limit = setTimeout(() => {
          this.#kill(worker, 'would not close');
        }, CLOSE_LIMIT_MS);
        await worker.exited;
        clearTimeout(limit);
      }),
    );
  }

  #input(worker: HostWorker, job: Job, input: unknown, priority: Priority = Priority.waiting): void {
    if (!worker.jobs.has(job.id)) return;
    job.sent++;
    job.hungry = false;
    worker.link.send({ type: 'input', id: job.id, input, deadlineMs: monotonicMs() + priority });
    if (!worker.watchdog) this.#watch(worker);
  }

  #startWorker(): Promise<void> {
    const { name, place, setup, loadLimitMs } = this.#options;
    const loaded = deferred<void>();
    const exited = deferred<void>();
    const startedAt = performance.now();
    const worker: HostWorker = {
      link: startEngine(place, {
        onMessage: (message) => {
          if (message.type === 'ready') {
            this.info = message.info;
            worker.state = 'up';
            this.#unwatch(worker);
            loaded.resolve();
            this.#dispatch();
          } else if (message.type === 'unusable') loaded.reject(new ModelUnusableError(message.message));
          else this.#receive(worker, message);
        },
        onExit: (reason) => {
          const wasLoading = worker.state === 'loading';
          worker.state = 'gone';
          this.#unwatch(worker);
          this.#workers.delete(worker);
          exited.resolve();
          const error = new EngineFailedError(`A ${place.kind} of ${name} ${worker.killedFor ?? reason}.`);
          loaded.reject(error);
          if (this.#closed) return;
          if (performance.now() - startedAt > SETTLED_MS) this.#crashesInARow = 0;
          if (!wasLoading) this.#crashed(worker, error);
        },
      }),
      state: 'loading',
      jobs: new Map(),
      watchdog: undefined,
      killedFor: undefined,
      exited: exited.promise,
    };
    this.#workers.add(worker);
    this.#watch(worker, loadLimitMs);
    worker.link.send({ type: 'load', setup });
    return loaded.promise;
  }

  /** Fails the run of a dead worker, and what waits if it was the only one, then replaces it. */
  #crashed(worker: HostWorker, error: EngineFailedError): void {
    this.#crashes++;
    this.#options.logger.error(
      { engine: this.#options.name, err: error },
      'an engine worker died and is replaced',
    );
    for (const job of worker.jobs.values()) job.settle(error);
    worker.jobs.clear();
    if (this.#workers.size === 0) for (const job of this.#queue.drain()) job.settle(error);
    this.#replace();
    this.#options.onCrash?.(error);
  }

  #replace(): void {
    const delay = RESTART_DELAYS_MS[Math.min(this.#crashesInARow++, RESTART_DELAYS_MS.length - 1)];
    const timer = setTimeout(() => {
      this.#restarts.delete(timer);
      this.#startWorker().catch((error: unknown) => {
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

  #receive(worker: HostWorker, message: Exclude<FromWorker, { type: 'ready' | 'unusable' }>): void {
    const job = worker.jobs.get(message.id);
    if (job === undefined) return;
    switch (message.type) {
      case 'chunk':
        this.#watch(worker);
        job.onChunk?.(message.chunk as never);
        return;
      case 'working':
        this.#watch(worker);
        return;
      case 'hungry':
        job.hungry = message.taken === job.sent;
        this.#watchRuns(worker);
        return;
      case 'done':
        job.settle(undefined, message.result);
        break;
      case 'failed':
        job.settle(new EngineFailedError(`${this.#options.name} failed: ${message.message}`));
    }
    worker.jobs.delete(job.id);
    this.#watchRuns(worker);
    this.#dispatch();
  }

  #dispatch(): void {
    for (let worker = this.#leastBusy(); worker !== undefined; worker = this.#leastBusy()) {
      const job = this.#queue.shift((owner) => this.#runsOf(owner) < this.#options.runsPerOwner);
      if (!job) return;
      this.#run(worker, job);
    }
  }

  #run(worker: HostWorker, job: Job): void {
    worker.jobs.set(job.id, job);
    job.worker = worker;
    const { id, request, owner = String(id), priority } = job;
    worker.link.send({ type: 'run', id, request, owner, deadlineMs: monotonicMs() + priority });
    this.#watch(worker);
    job.onStart?.((input, until) => {
      this.#input(worker, job, input, until);
    });
  }

  /** The worker with the fewest requests of those that can take another; `undefined` when none can. */
  #leastBusy(): HostWorker | undefined {
    let least: HostWorker | undefined;
    for (const worker of this.#workers) {
      if (worker.state !== 'up' || worker.jobs.size >= this.#options.runsPerWorker) continue;
      if (least === undefined || worker.jobs.size < least.jobs.size) least = worker;
    }
    return least;
  }

  #runsOf(owner: string): number {
    let runs = 0;
    for (const { jobs } of this.#workers) for (const job of jobs.values()) if (job.owner === owner) runs++;
    return runs;
  }

  /** Watches a worker as long as one of its runs has something to do. */
  #watchRuns(worker: HostWorker): void {
    if ([...worker.jobs.values()].every(({ hungry }) => hungry)) this.#unwatch(worker);
    else this.#watch(worker);
  }

  /** Gives a worker that has something to do until the limit to say something. */
  #watch(worker: HostWorker, limitMs = this.#options.silenceLimitMs): void {
    clearTimeout(worker.watchdog);
    if (this.#closed) return;
    worker.watchdog = setTimeout(() => {
      this.#kill(worker, `said nothing for ${limitMs} ms`);
    }, limitMs);
  }

  #unwatch(worker: HostWorker): void {
    clearTimeout(worker.watchdog);
    worker.watchdog = undefined;
  }

  #kill(worker: HostWorker, reason: string): void {
    worker.killedFor = reason;
    worker.link.kill();
  }
}
