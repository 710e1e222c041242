/** One thread or child process that keeps a model, behind the same few calls: send, hear, stop, kill. */
import { fork } from 'node:child_process';
import { Worker } from 'node:worker_threads';

import type { EntryPoint } from '../entry-point.js';

/** What the server tells a worker. */
export type ToWorker =
  /** `replacement`: of a worker that died, whose callers wait. */
  | { type: 'load'; setup: unknown; replacement: boolean }
  | { type: 'run'; id: number; request: unknown; owner: string; deadlineMs: number }
  | { type: 'input'; id: number; input: unknown; deadlineMs: number }
  | { type: 'stop'; id: number }
  | { type: 'close' };

/** What a worker tells the server. */
export type FromWorker =
  | { type: 'ready'; info: unknown }
  /** The model cannot be used; the worker ends. */
  | { type: 'unusable'; message: string }
  | { type: 'chunk'; id: number; chunk: unknown }
  /** The run has used up this many inputs and waits for more, if that is all that it was sent. */
  | { type: 'hungry'; id: number; taken: number }
  /** The run has much to do and goes on with it. */
  | { type: 'working'; id: number }
  | { type: 'done'; id: number; result: unknown }
  | { type: 'failed'; id: number; message: string };

export interface EngineLink {
  send(message: ToWorker): void;
  /** Ends it at once where that is safe; a thread that may be inside native code is left behind instead. */
  kill(): void;
}

export interface EngineLinkEvents {
  onMessage(message: FromWorker): void;
  /** Called once, after which nothing else is. `reason` says how it ended, such as `was killed by SIGSEGV`. */
  onExit(reason: string): void;
}

/** Where a model runs. */
export interface EnginePlace {
  /** A `process` survives nothing but harms nobody; a `thread` is lighter and gets sound without copying. */
  kind: 'thread' | 'process';
  entry: EntryPoint;
  /** Whether a thread may be ended in the middle of a run: not while it is inside native code. Processes always may. */
  killable: boolean;
}

/** Characters of a process's standard error that are kept for the report of its crash. */
const KEPT_STDERR = 1000;

export function startEngine(place: EnginePlace, events: EngineLinkEvents): EngineLink {
  return place.kind === 'thread' ? startThread(place, events) : startProcess(place, events);
}

function startThread({ entry, killable }: EnginePlace, events: EngineLinkEvents): EngineLink {
  const worker = new Worker(entry.url);
  let reason = 'ended';
  let over = false;
  const end = (): void => {
    if (over) return;
    over = true;
    events.onExit(reason);
  };
  worker.on('message', (message: FromWorker) => {
    if (!over) events.onMessage(message);
  });
  worker.on(
    'error',
    (error) => (reason = `died of "${error instanceof Error ? error.message : String(error)}"`),
  );
  worker.on('exit', end);
  return {
    send: (message) => {
      worker.postMessage(message);
    },
    kill: () => {
      reason = 'was ended';
      if (killable) void worker.terminate();
      else {
        worker.unref();
        end();
      }
    },
  };
}

function startProcess({ entry }: EnginePlace, events: EngineLinkEvents): EngineLink {
  const child = fork(entry.path, [], {
    execArgv: entry.execArgv,
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let over = false;
  let stderr = '';
  const end = (reason: string): void => {
    if (over) return;
    over = true;
    const said = stderr.trim();
    events.onExit(said ? `${reason}, saying "${said}"` : reason);
  };
  child.stderr
    ?.setEncoding('utf8')
    .on('data', (text: string) => (stderr = (stderr + text).slice(-KEPT_STDERR)));
  child.on('message', (message) => {
    if (!over) events.onMessage(message as FromWorker);
  });
  child.on('error', (error) => {
    end(`could not be started or reached: ${error.message}`);
  });
  // "close" rather than "exit": only then has all of standard error been read.
  child.on('close', (code, signal) => {
    end(signal ? `was killed by ${signal}` : `ended with exit code ${String(code)}`);
  });
  return {
    send: (message) => {
      // A message that can no longer be delivered is reported by the end of the process.
      if (child.connected) child.send(message, () => undefined);
    },
    kill: () => {
      child.kill('SIGKILL');
    },
  };
}
