/** The compiled server as a process of its own, as `npm start` runs it, on ports of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { projectRoot } from '../../server/project-root.js';
import { until } from './until.js';

/** One line of the server's log. */
export interface LogLine {
  level: number;
  msg: string;
  [key: string]: unknown;
}

/** What a process and all its children hold at one moment. */
export interface Resources {
  /** The server first, then mediasoup's workers and the recogniser's processes. */
  pids: number[];
  fileDescriptors: number;
  udpPorts: number[];
  /** Resident memory, shared pages counted in each process, bytes. */
  memoryBytes: number;
}

/** Seconds on a machine of its own; more than a minute was seen on one with ten others at work. */
const READY_LIMIT_MS = 180_000;
/** More than `server.drainMs` allows. */
const STOP_LIMIT_MS = 20_000;

export class ServerProcess {
  /** Everything logged so far. */
  readonly log: LogLine[] = [];
  /** Written to standard error, or to standard output and no log line. */
  readonly output: string[] = [];
  readonly #child: ChildProcess;
  readonly #exited: Promise<number | NodeJS.Signals>;
  #url = '';

  private constructor(environment: NodeJS.ProcessEnv, program: readonly string[]) {
    this.#child = spawn(process.execPath, program, {
      cwd: projectRoot(),
      env: { ...neutral(process.env), ...testEnvironment, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const { stdout, stderr } = this.#child;
    if (stdout) createInterface(stdout).on('line', (line) => this.#take(line));
    if (stderr) createInterface(stderr).on('line', (line) => this.output.push(line));
    this.#exited = once(this.#child, 'exit').then(
      ([code, signal]: (number | NodeJS.Signals | null)[]) => signal ?? code ?? -1,
    );
  }

  /**
   * Starts the server and waits until it takes calls.
   * @param program what Node runs; the compiled server unless given.
   * @param environment settings, such as `{ PARLEY_CALLS_MAX: '1' }`. The log's level is debug unless it says otherwise.
   */
  static async start(
    environment: NodeJS.ProcessEnv = {},
    program: readonly string[] = [
      '--max-semi-space-size=2',
      '--enable-source-maps',
      join(projectRoot(), 'dist/server/main.js'),
    ],
  ): Promise<ServerProcess> {
    const server = new ServerProcess(environment, program);
    try {
      await until(
        'the server is ready',
        () => {
          if (!server.running) throw new Error('it ended');
          const ready = server.logged('ready: ');
          if (ready) server.#url = String(ready['url']);
          return ready !== undefined;
        },
        READY_LIMIT_MS,
      );
      return server;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      server.#child.kill('SIGKILL');
      throw new Error(`The server did not start: ${why}\n${server.output.join('\n')}`, { cause: error });
    }
  }

  /** Where the page is, with a slash at the end. */
  get url(): string {
    return this.#url;
  }

  get pid(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error('The server has no process.');
    return pid;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** The latest log line whose message begins so. */
  logged(message: string): LogLine | undefined {
    return this.log.findLast(({ msg }) => msg.startsWith(message));
  }

  /** Log lines that say that something failed. */
  get errors(): LogLine[] {
    return this.log.filter(({ level }) => level >= 50);
  }

  /** The metrics by name, labels as Prometheus writes them: `parley_calls_ended_total{reason="callerLeft"}`. */
  async metrics(): Promise<Map<string, number>> {
    const text = await (await fetch(new URL('metrics', this.#url))).text();
    const values = new Map<string, number>();
    for (const line of text.split('\n')) {
      if (line === '' || line.startsWith('#')) continue;
      const gap = line.lastIndexOf(' ');
      values.set(line.slice(0, gap), Number(line.slice(gap + 1)));
    }
    return values;
  }

  /** What the server and its children hold now, from `/proc`. */
  resources(): Resources {
    const pids = descendants(this.pid);
    const inodes = pids.map((pid) => openFiles(pid));
    return {
      pids,
      fileDescriptors: inodes.reduce((sum, files) => sum + files.length, 0),
      udpPorts: udpPorts(this.pid, new Set(inodes.flat())),
      memoryBytes: pids.reduce((sum, pid) => sum + residentBytes(pid), 0),
    };
  }

  /** Ends the server as a service manager would, and expects it to end well. */
  async stop(): Promise<void> {
    if (!this.running) return;
    const children = descendants(this.pid).slice(1);
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_LIMIT_MS);
    const end = await this.#exited;
    clearTimeout(timer);
    if (end !== 0) {
      throw new Error(`The server ended with ${end} in place of 0.\n${this.output.join('\n')}`);
    }
    await gone(children);
  }

  /** Ends the server as a crash would; its children must notice by themselves. */
  async crash(): Promise<void> {
    const children = descendants(this.pid).slice(1);
    this.#child.kill('SIGKILL');
    await this.#exited;
    await gone(children);
  }

  #take(line: string): void {
    if (!line.startsWith('{')) {
      this.output.push(line);
      return;
    }
    this.log.push(JSON.parse(line) as LogLine);
  }
}

const testEnvironment: NodeJS.ProcessEnv = {
  HOST: '127.0.0.1',
  PORT: '0',
  PARLEY_MEDIA_PORT: '0',
  PARLEY_LOG_LEVEL: 'debug',
  // A machine that runs tests beside other work must not refuse callers for it.
  PARLEY_SERVICE_TARGET_MS: '0',
  UV_THREADPOOL_SIZE: '16',
  MALLOC_MMAP_THRESHOLD_: '1000000',
};

/** The environment without settings of Parley that the person running the tests may have. */
function neutral(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !name.startsWith('PARLEY_') || name === 'PARLEY_CACHE'),
  );
}

/** Waits for processes to end whose parent has ended. */
async function gone(pids: number[]): Promise<void> {
  await until('the children of the server are gone', () => !pids.some((pid) => parentOf(pid) !== undefined));
}

/** A process and all that came from it. */
function descendants(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    const child = Number(name);
    if (!Number.isInteger(child)) continue;
    const parent = parentOf(child);
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), child]);
  }
  const found = [pid];
  for (const parent of found) found.push(...(children.get(parent) ?? []));
  return found;
}

/** Undefined when there is no such process, or only what its parent has not yet asked for. */
function parentOf(pid: number): number | undefined {
  // The name in parentheses may hold anything; what follows its end is in columns.
  const [state, parent] = read(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ') ?? [];
  return parent === undefined || state === 'Z' ? undefined : Number(parent);
}

/** What the descriptors of a process stand for, such as `socket:[4711]`. */
function openFiles(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => link(`/proc/${pid}/fd/${fd}`));
  } catch (error) {
    return absent(error, []);
  }
}

function udpPorts(pid: number, files: ReadonlySet<string>): number[] {
  const ports: number[] = [];
  for (const table of ['udp', 'udp6']) {
    for (const line of read(`/proc/${pid}/net/${table}`).split('\n').slice(1)) {
      const columns = line.trim().split(/\s+/);
      const port = columns[1]?.split(':')[1];
      if (port !== undefined && files.has(`socket:[${columns[9]}]`)) ports.push(Number.parseInt(port, 16));
    }
  }
  return ports;
}

function residentBytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`))?.[1];
  return Number(kilobytes ?? 0) * 1024;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    return absent(error, '');
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch (error) {
    return absent(error, '');
  }
}

/** A process or descriptor may end while it is being looked at. */
function absent<T>(error: unknown, instead: T): T {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ESRCH') return instead;
  throw error;
}
