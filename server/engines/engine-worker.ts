/** The far side of an engine host, in its thread or child process: loads a model, then runs what it is asked to. */
import { setPriority } from 'node:os';
import { isMainThread, parentPort, type Transferable } from 'node:worker_threads';

import { collectGarbage } from '../collect-garbage.js';
import { monotonicMs } from '../media/media-types.js';
import type { FromWorker, ToWorker } from './engine-link.js';
import { FairTurns, type FairTask } from './fair-turns.js';

/** A loaded model. */
export interface ServedEngine<Request, Input, Chunk, Result> {
  /** What the host's side needs to know of it, such as the names of its voices. */
  info?: unknown;
  run(request: Request, run: EngineRun<Input, Chunk>): Promise<Result> | Result;
  close?(): Promise<void> | void;
}

/** What belongs to one request while it runs. */
export interface EngineRun<Input, Chunk> {
  /** Aborts when the one who asked has lost interest. */
  signal: AbortSignal;
  /** Sends a part of the result. */
  chunk(chunk: Chunk, transfer?: readonly Transferable[]): void;
  /** The next input, in order; `undefined` once the signal has aborted. */
  input(): Promise<Input | undefined>;
  /** Waits until other runs and messages have had their turn. To be called before every few milliseconds of work. */
  turn(): Promise<void>;
  /** Whether an input is there already, so that work that can be left out should be. */
  behind(): boolean;
}

/**
 * Models yield the processor to the media thread, whose packets must leave on time; not by more, since a caller waits
 * for them while the language model, at 0, is already busy with the next words.
 */
const NICENESS = 2;
/** A run that has much to do says so often that it has not died. */
const SIGN_OF_LIFE_MS = 1000;

/**
 * Serves a model until the host closes it or is gone.
 * @param load builds the model from the host's `setup`; what it throws is shown to the operator as it stands. Told whether
 *   callers wait for it in place of one that died: then it leaves out what a first request does not need.
 */
export function serveEngine<Setup, Request, Input, Chunk, Result>(
  load: (setup: Setup, replacement: boolean) => Promise<ServedEngine<Request, Input, Chunk, Result>>,
): void {
  let engine: ServedEngine<Request, Input, Chunk, Result> | undefined;
  const turns = new FairTurns(monotonicMs, processorMs);
  const runs = new Map<number, WorkerRun<Input, Chunk>>();

  const start = (id: number, request: Request, task: FairTask): void => {
    const run = new WorkerRun<Input, Chunk>(id, turns, task);
    runs.set(id, run);
    run.done = (async () => {
      let outcome: FromWorker;
      try {
        if (!engine) throw new Error('The model is not loaded.');
        outcome = { type: 'done', id, result: await engine.run(request, run) };
      } catch (error) {
        outcome = { type: 'failed', id, message: error instanceof Error ? error.message : String(error) };
      }
      runs.delete(id);
      turns.close(task);
      post(outcome);
    })();
  };

  const close = async (): Promise<void> => {
    const all = [...runs.values()];
    for (const run of all) run.stop();
    await Promise.all(all.map(({ done }) => done));
    await engine?.close?.();
    leave();
  };

  const receive = async (message: ToWorker): Promise<void> => {
    switch (message.type) {
      case 'load':
        try {
          engine = await load(message.setup as Setup, message.replacement);
          collectGarbage();
          // Only Linux gives threads priorities of their own; elsewhere it would be that of the whole server.
          if (isMainThread || process.platform === 'linux') setPriority(NICENESS);
          post({ type: 'ready', info: engine.info });
        } catch (error) {
          post({ type: 'unusable', message: error instanceof Error ? error.message : String(error) });
          leave();
        }
        return;
      case 'run': {
        const task = turns.open(message.owner);
        task.deadlineMs = message.deadlineMs;
        start(message.id, message.request as Request, task);
        return;
      }
      case 'input':
        runs.get(message.id)?.take(message.input as Input, message.deadlineMs);
        return;
      case 'stop':
        runs.get(message.id)?.stop();
        return;
      case 'close':
        await close();
    }
  };

  listen((message) => void receive(message));
}

/** Node tells the processor time of whole processes only. */
function processorMs(): number {
  if (!isMainThread) return monotonicMs();
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

class WorkerRun<Input, Chunk> implements EngineRun<Input, Chunk> {
  done: Promise<void> = Promise.resolve();
  readonly #id: number;
  readonly #turns: FairTurns;
  readonly #task: FairTask;
  readonly #abort = new AbortController();
  readonly #inputs: { input: Input; deadlineMs: number }[] = [];
  #wake: () => void = () => undefined;
  #taken = 0;
  #toldAtMs = monotonicMs();

  constructor(id: number, turns: FairTurns, task: FairTask) {
    this.#id = id;
    this.#turns = turns;
    this.#task = task;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  take(input: Input, deadlineMs: number): void {
    this.#inputs.push({ input, deadlineMs });
    // What comes before it must be done by then as well.
    this.#task.deadlineMs =
      this.#inputs.length === 1 ? deadlineMs : Math.min(this.#task.deadlineMs, deadlineMs);
    this.#wake();
  }

  stop(): void {
    this.#abort.abort();
    this.#wake();
  }

  chunk(chunk: Chunk, transfer?: readonly Transferable[]): void {
    post({ type: 'chunk', id: this.#id, chunk }, transfer);
  }

  behind(): boolean {
    return this.#inputs.length > 0;
  }

  async turn(): Promise<void> {
    await this.#turns.turn(this.#task);
    if (monotonicMs() - this.#toldAtMs > SIGN_OF_LIFE_MS) this.#tell({ type: 'working', id: this.#id });
  }

  async input(): Promise<Input | undefined> {
    // Lets messages in: those that have arrived count as inputs, and a stop is heard while there is much to catch up.
    await this.turn();
    while (this.#inputs.length === 0 && !this.signal.aborted) {
      this.#tell({ type: 'hungry', id: this.#id, taken: this.#taken });
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    if (this.signal.aborted) return undefined;
    this.#taken++;
    return this.#inputs.shift()?.input;
  }

  #tell(message: FromWorker): void {
    this.#toldAtMs = monotonicMs();
    post(message);
  }
}

function post(message: FromWorker, transfer: readonly Transferable[] = []): void {
  if (parentPort) parentPort.postMessage(message, transfer);
  else if (process.connected) process.send?.(message);
}

function listen(receive: (message: ToWorker) => void): void {
  if (parentPort) parentPort.on('message', receive);
  else {
    process.on('message', receive);
    process.on('disconnect', () => process.exit());
    // Ctrl-C and service managers reach the whole process group; the server closes its engines itself, in order.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
  }
}

/** Stops listening, so that the thread or process ends by itself once what it sent has been delivered. */
function leave(): void {
  if (parentPort) parentPort.close();
  else process.disconnect();
}
