/** One worker of an engine host, from its start to its end: it loads a model, runs what it is given, and is watched. */
import { EngineFailedError, ModelUnusableError } from '../errors.js';
import { monotonicMs } from '../media/media-types.js';
import { deferred } from './deferred.js';
import { startEngine, type EngineLink, type EnginePlace, type FromWorker } from './engine-link.js';
import { Priority } from './engine-types.js';
import type { Queued } from './request-queue.js';

export interface HostedWorkerOptions {
  /** Name for logs and messages. */
  name: string;
  place: EnginePlace;
  /** Handed to the worker's `load`. */
  setup: unknown;
  /** A worker that has work and says nothing for so long hangs and is ended, ms. Default 10 000. */
  silenceLimitMs?: number;
  /** Time to load the model, ms. Default 120 000. */
  loadLimitMs?: number;
}

/** What becomes of a worker. */
export interface HostedWorkerEvents {
  /** It has loaded its model, of which it says this. */
  up(info: unknown): void;
  /** A run is over, and there is room for another. */
  free(): void;
  /**
   * It has ended, and its runs have failed with this.
   * @param wasUp whether it had loaded its model.
   */
  gone(worker: HostedWorker, error: EngineFailedError, wasUp: boolean): void;
}

/** A request that a worker serves. */
export interface Run extends Queued {
  readonly id: number;
  readonly request: unknown;
  onChunk: ((chunk: never) => void) | undefined;
  settle(this: void, error: unknown, result?: unknown): void;
}

interface RunState {
  run: Run;
  /** Inputs sent to it. */
  sent: number;
  /** It has used up its inputs and waits for more, so that its silence means nothing. */
  hungry: boolean;
}

const CLOSE_LIMIT_MS = 5000;

export class HostedWorker {
  /** Rejects with ModelUnusableError in the worker's own words, or with EngineFailedError when it ends before. */
  readonly loaded: Promise<void>;
  readonly #name: string;
  readonly #silenceLimitMs: number;
  readonly #startedAtMs = performance.now();
  readonly #link: EngineLink;
  readonly #runs = new Map<number, RunState>();
  readonly #free: () => void;
  readonly #exited = deferred<void>();
  #state: 'loading' | 'up' | 'gone' = 'loading';
  #closing = false;
  #watchdog: NodeJS.Timeout | undefined;
  /** Why it was killed. */
  #killedFor: string | undefined;

  /** @param replacement whether it takes the place of one that died: its `load` is told, which may then make haste. */
  constructor(options: HostedWorkerOptions, events: HostedWorkerEvents, replacement: boolean) {
    const { name, place, setup, silenceLimitMs = 10_000, loadLimitMs = 120_000 } = options;
    this.#name = name;
    this.#silenceLimitMs = silenceLimitMs;
    this.#free = () => events.free();
    const loaded = deferred<void>();
    this.loaded = loaded.promise;
    this.#link = startEngine(place, {
      onMessage: (message) => {
        if (message.type === 'ready') {
          this.#state = 'up';
          this.#unwatch();
          loaded.resolve();
          events.up(message.info);
        } else if (message.type === 'unusable') loaded.reject(new ModelUnusableError(message.message));
        else this.#receive(message);
      },
      onExit: (reason) => {
        const wasUp = this.#state === 'up';
        this.#state = 'gone';
        this.#unwatch();
        this.#exited.resolve();
        const error = new EngineFailedError(`A ${place.kind} of ${name} ${this.#killedFor ?? reason}.`);
        loaded.reject(error);
        for (const { run } of this.#runs.values()) run.settle(error);
        this.#runs.clear();
        events.gone(this, error, wasUp);
      },
    });
    this.#watch(loadLimitMs);
    this.#link.send({ type: 'load', setup, replacement });
  }

  /** Whether it has loaded its model and is there. */
  get up(): boolean {
    return this.#state === 'up';
  }

  /** How long ago it was started, ms. */
  get ageMs(): number {
    return performance.now() - this.#startedAtMs;
  }

  /** Requests that it serves. */
  get running(): number {
    return this.#runs.size;
  }

  /** Requests of one owner that it serves. */
  runsOf(owner: string): number {
    let runs = 0;
    for (const { run } of this.#runs.values()) if (run.owner === owner) runs++;
    return runs;
  }

  /** Takes a request up. */
  run(run: Run): void {
    const { id, request, owner = String(id), priority } = run;
    this.#runs.set(id, { run, sent: 0, hungry: false });
    this.#link.send({ type: 'run', id, request, owner, deadlineMs: monotonicMs() + priority });
    this.#watch();
  }

  /** Hands a run more to work on. Nothing when it is over. */
  input({ id }: Run, input: unknown, priority: Priority = Priority.waiting): void {
    const state = this.#runs.get(id);
    if (state === undefined) return;
    state.sent++;
    state.hungry = false;
    this.#link.send({ type: 'input', id, input, deadlineMs: monotonicMs() + priority });
    if (!this.#watchdog) this.#watch();
  }

  /** Has a run ended that nobody needs any more. */
  stop({ id }: Run): void {
    const state = this.#runs.get(id);
    if (state === undefined) return;
    state.hungry = false;
    this.#link.send({ type: 'stop', id });
    this.#watch();
  }

  /** Fails its runs with this and ends it, by message first. Resolves when it has ended. */
  async close(error: EngineFailedError): Promise<void> {
    this.#closing = true;
    for (const { run } of this.#runs.values()) run.settle(error);
    this.#unwatch();
    this.#link.send({ type: 'close' });
    const limit = setTimeout(() => this.#kill('would not close'), CLOSE_LIMIT_MS);
    await this.#exited.promise;
    clearTimeout(limit);
  }

  #receive(message: Exclude<FromWorker, { type: 'ready' | 'unusable' }>): void {
    const state = this.#runs.get(message.id);
    if (state === undefined) return;
    const { run } = state;
    switch (message.type) {
      case 'chunk':
        this.#watch();
        run.onChunk?.(message.chunk as never);
        return;
      case 'working':
        this.#watch();
        return;
      case 'hungry':
        state.hungry = message.taken === state.sent;
        this.#watchRuns();
        return;
      case 'done':
        run.settle(undefined, message.result);
        break;
      case 'failed':
        run.settle(new EngineFailedError(`${this.#name} failed: ${message.message}`));
    }
    this.#runs.delete(run.id);
    this.#watchRuns();
    this.#free();
  }

  /** Watches it as long as one of its runs has something to do. */
  #watchRuns(): void {
    if ([...this.#runs.values()].every(({ hungry }) => hungry)) this.#unwatch();
    else this.#watch();
  }

  /** Gives it until the limit to say something. */
  #watch(limitMs = this.#silenceLimitMs): void {
    clearTimeout(this.#watchdog);
    if (this.#closing) return;
    this.#watchdog = setTimeout(() => this.#kill(`said nothing for ${limitMs} ms`), limitMs);
  }

  #unwatch(): void {
    clearTimeout(this.#watchdog);
    this.#watchdog = undefined;
  }

  #kill(reason: string): void {
    this.#killedFor = reason;
    this.#link.kill();
  }
}
