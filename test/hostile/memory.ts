/** Memory of a server, before, during and after something that it has to bear. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { projectRoot } from '../../server/project-root.js';
import type { ServerProcess } from '../helpers/server-process.js';

const MIB = 2 ** 20;

/** Memory at one moment, MiB. */
export interface Memory {
  /** Resident memory of all processes, shared pages counted in each. */
  resident: number;
  /** What the main process's JavaScript holds, buffers included. */
  held: number;
}

/** A program for {@link ServerProcess.start}: the server, which collects its garbage when it gets SIGUSR2. */
export const collectingServer: readonly string[] = [
  '--expose-gc',
  '--import',
  'data:text/javascript,process.on("SIGUSR2",()=>{gc();gc();})',
  '--enable-source-maps',
  join(projectRoot(), 'dist/server/main.js'),
];

/** Steady within this, MiB. */
const STEADY_MIB = 2;

async function memoryOf(server: ServerProcess): Promise<Memory> {
  const metrics = await server.metrics();
  const bytes = (name: string) => metrics.get(name) ?? 0;
  return {
    resident: server.resources().memoryBytes / MIB,
    held: (bytes('nodejs_heap_size_used_bytes') + bytes('nodejs_external_memory_bytes')) / MIB,
  };
}

/** What a {@link collectingServer} holds without its garbage, when that has been the same for two seconds, or after `limitMs`. */
export async function steadyMemory(server: ServerProcess, limitMs = 60_000): Promise<Memory> {
  const deadline = performance.now() + limitMs;
  let before: Memory | undefined;
  for (;;) {
    process.kill(server.pid, 'SIGUSR2');
    await sleep(2000);
    const now = await memoryOf(server);
    const steady =
      before !== undefined &&
      Math.abs(now.resident - before.resident) < STEADY_MIB &&
      Math.abs(now.held - before.held) < STEADY_MIB;
    if (steady || performance.now() > deadline) return now;
    before = now;
  }
}

/** The most that it holds at any second until `done` settles. */
export async function peakMemory(server: ServerProcess, done: Promise<unknown>): Promise<Memory> {
  let over = false;
  const ended = done.finally(() => (over = true)).catch(() => undefined);
  const peak: Memory = { resident: 0, held: 0 };
  while (!over) {
    const now = await memoryOf(server);
    peak.resident = Math.max(peak.resident, now.resident);
    peak.held = Math.max(peak.held, now.held);
    await Promise.race([sleep(1000), ended]);
  }
  return peak;
}
