/** The far side of an engine host, in its thread or child process: loads a model, then runs one request at a time. */
import { setPriority } from 'node:os';
import { isMainThread, parentPort, type Transferable } from 'node:worker_threads';

import type { FromWorker, ToWorker } from './engine-link.js';

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
  /** Whether an input is there already, so that work that can be left out should be. */
  behind(): boolean;
}

/**
 * Models yield the processor to the media thread, whose packets must leave on time; not by more, since a caller waits
 * for them while the language model, at 0, is already busy with the next words.
 */
const NICENESS = 2;
/** A run that has inputs lets messages in so often. */
const YIELD_MS = 50;
/** A run that catches up with its inputs says so often that it has not died. */
const SIGN_OF_LIFE_MS = 1000;

/**
 * Serves a model until the host closes it or is gone.
 * @param load builds the model from the host's `setup`; what it throws is shown to the operator as it stands.
 */
export function serveEngine<Setup, Request, Input, Chunk, Result>(
  load: (setup: Setup) => Promise<ServedEngine<Request, Input, Chunk, Result>>,
): void {
  let engine: ServedEngine<Request, Input, Chunk, Result> | undefined;
  let current:
    | { id: number; abort: AbortController; inputs: Input[]; wake: () => void; done: Promise<void> }
    | undefined;

  const start = (id: number, request: Request): void => {
    const abort = new AbortController();
    const run = { id, abort, inputs: [] as Input[], wake: () => undefined as void, done: Promise.resolve() };
    let taken = 0;
    let yielded = performance.now();
    let told = yielded;
    const tell = (): void => {
      told = performance.now();
      post({ type: 'hungry', id, taken });
    };
    const context: EngineRun<Input, Chunk> = {
      signal: abort.signal,
      chunk: (chunk, transfer) => {
        post({ type: 'chunk', id, chunk }, transfer);
      },
      behind: () => run.inputs.length > 0,
      input: async () => {
        // Lets messages in: those that have arrived count as inputs, and a stop is heard while there is much to catch up.
        if (run.inputs.length === 0 || performance.now() - yielded > YIELD_MS) {
          await new Promise((resolve) => setImmediate(resolve));
          yielded = performance.now();
        }
        if (run.inputs.length > 0 && yielded - told > SIGN_OF_LIFE_MS) tell();
        while (run.inputs.length === 0 && !abort.signal.aborted) {
          tell();
          await new Promise<void>((resolve) => (run.wake = resolve));
        }
        if (abort.signal.aborted) return undefined;
        taken++;
        return run.inputs.shift();
      },
    };
    current = run;
    run.done = (async () => {
      try {
        if (!engine) throw new Error('The model is not loaded.');
        const result = await engine.run(request, context);
        current = undefined;
        post({ type: 'done', id, result });
      } catch (error) {
        current = undefined;
        post({ type: 'failed', id, message: error instanceof Error ? error.message : String(error) });
      }
    })();
  };

  const close = async (): Promise<void> => {
    current?.abort.abort();
    current?.wake();
    await current?.done;
    await engine?.close?.();
    leave();
  };

  const receive = async (message: ToWorker): Promise<void> => {
    switch (message.type) {
      case 'load':
        try {
          engine = await load(message.setup as Setup);
          // Only Linux gives threads priorities of their own; elsewhere it would be that of the whole server.
          if (isMainThread || process.platform === 'linux') setPriority(NICENESS);
          post({ type: 'ready', info: engine.info });
        } catch (error) {
          post({ type: 'unusable', message: error instanceof Error ? error.message : String(error) });
          leave();
        }
        return;
      case 'run':
        start(message.id, message.request as Request);
        return;
      case 'input':
        if (current?.id !== message.id) return;
        current.inputs.push(message.input as Input);
        current.wake();
        return;
      case 'stop':
        if (current?.id !== message.id) return;
        current.abort.abort();
        current.wake();
        return;
      case 'close':
        await close();
    }
  };

  listen((message) => void receive(message));
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
