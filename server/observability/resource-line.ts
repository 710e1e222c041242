/** One line of the log every half minute: what the server uses, and a warning when a queue is nearly full. */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { promisify } from 'node:util';
import type { Logger } from '../log.js';
import type { MediaCounters } from '../media/media-types.js';
import type { ServerStatus } from './server-status.js';

const EVERY_MS = 30_000;
/** Part of its places from which a queue is nearly full. */
const NEARLY_FULL = 0.8;
/** Linux counts processor time in these, s (man 3 sysconf, _SC_CLK_TCK). */
const CLOCK_TICK_S = 0.01;

export interface ResourceSources {
  status(): ServerStatus;
  media(): MediaCounters[];
  /** Places in the waiting line. */
  waitingPlaces: number;
}

/** @returns a function that ends the lines. */
export function logResources(sources: ResourceSources, log: Logger, everyMs = EVERY_MS): () => void {
  const loop = monitorEventLoopDelay({ resolution: 10 });
  loop.enable();
  let before = { cpuS: processTree().cpuS, atMs: performance.now() };
  const tell = async (): Promise<void> => {
    const { calls, pressure, queues } = sources.status();
    const tree = processTree();
    const now = { cpuS: tree.cpuS, atMs: performance.now() };
    const media = sources.media();
    const worst = (read: (counters: MediaCounters) => number) => round(Math.max(0, ...media.map(read)));
    log.info(
      {
        cpuCores: round((1000 * Math.max(0, now.cpuS - before.cpuS)) / (now.atMs - before.atMs)),
        memoryMb: Math.round(tree.memoryBytes / 2 ** 20),
        processes: tree.processes,
        loopP99Ms: round(Math.max(0, loop.percentile(99) / 1e6 - 10)),
        mediaLoopP99Ms: worst((counters) => counters.eventLoopDelayMs.p99),
        pacerP99Ms: worst((counters) => counters.pacerLatenessMs.p99),
        calls,
        pressure: round(pressure),
        queues: Object.fromEntries(Object.entries(queues).map(([name, { waiting }]) => [name, waiting])),
        ...(await graphicsCard()),
      },
      'resources',
    );
    before = now;
    loop.reset();
    const places = calls.now + calls.free;
    for (const [what, used, of] of [
      ['calls', calls.now, places],
      ['the waiting line', calls.waiting, sources.waitingPlaces],
    ] as const) {
      if (of > 0 && used >= NEARLY_FULL * of) log.warn({ used, of }, `${what}: nearly full`);
    }
  };
  const timer = setInterval(() => {
    tell().catch((error: unknown) => log.warn({ err: error }, 'resources could not be read'));
  }, everyMs);
  timer.unref();
  return () => {
    clearInterval(timer);
    loop.disable();
  };
}

/** Processor time and memory of this process and all that came from it; zeros where there is no /proc. */
export function processTree(): { cpuS: number; memoryBytes: number; processes: number } {
  const children = new Map<number, number[]>();
  const figures = new Map<number, { cpuS: number; memoryBytes: number }>();
  for (const name of names()) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    // The name in parentheses may hold anything; what follows its end is in columns (man 5 proc).
    const columns = read(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ') ?? [];
    if (columns.length < 22) continue;
    const parent = Number(columns[1]);
    children.set(parent, [...(children.get(parent) ?? []), pid]);
    const cpuS = (Number(columns[11]) + Number(columns[12])) * CLOCK_TICK_S;
    figures.set(pid, { cpuS, memoryBytes: Number(columns[21]) * 4096 });
  }
  const tree = [process.pid];
  for (const pid of tree) tree.push(...(children.get(pid) ?? []));
  return tree.reduce(
    (sum, pid) => {
      const { cpuS = 0, memoryBytes = 0 } = figures.get(pid) ?? {};
      return { cpuS: sum.cpuS + cpuS, memoryBytes: sum.memoryBytes + memoryBytes, processes: tree.length };
    },
    { cpuS: 0, memoryBytes: 0, processes: 0 },
  );
}

let hasGraphicsCard = true;

/** Use of the graphics card where there is one of NVIDIA's. */
async function graphicsCard(): Promise<{ gpu?: { usePercent: number; memoryMb: number; ofMb: number } }> {
  if (!hasGraphicsCard) return {};
  try {
    const query = ['--query-gpu=utilization.gpu,memory.used,memory.total', '--format=csv,noheader,nounits'];
    const { stdout } = await promisify(execFile)('nvidia-smi', query, { timeout: 5000 });
    const [usePercent = 0, memoryMb = 0, ofMb = 0] = stdout.split('\n')[0]?.split(',').map(Number) ?? [];
    return { gpu: { usePercent, memoryMb, ofMb } };
  } catch {
    hasGraphicsCard = false;
    return {};
  }
}

function round(value: number): number {
  return Number.isFinite(value) ? Math.round(value * 100) / 100 : 0;
}

function names(): string[] {
  try {
    return readdirSync('/proc');
  } catch {
    return [];
  }
}

/** Empty for a process that has ended meanwhile. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
