/** What the processes of a server use, read from `/proc`. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';

/** One process at one moment. */
export interface ProcessFigures {
  /** The program that it runs, such as `main` or `mediasoup-worker`. */
  role: string;
  /** Processor time since its start, ms. */
  cpuMs: number;
  /** Its share of resident memory: pages shared with others are counted in parts. Bytes. */
  memoryBytes: number;
  threads: number;
  sockets: number;
  descriptors: number;
}

/** Linux counts processor time in hundredths of a second wherever Node runs. */
const msPerTick = 10;

/** @returns `undefined` when there is no such process (any more). */
export function processFigures(pid: number): ProcessFigures | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    const memory = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1];
    const files = readdirSync(`/proc/${pid}/fd`).map((file) => targetOf(`/proc/${pid}/fd/${file}`));
    return {
      role: roleOf(readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')),
      // Fields 14, 15 and 20 of proc(5), counted from the state on.
      cpuMs: (Number(stat[11]) + Number(stat[12])) * msPerTick,
      threads: Number(stat[17]),
      memoryBytes: Number(memory) * 1024,
      descriptors: files.length,
      sockets: files.filter((file) => file.startsWith('socket:')).length,
    };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}

/** A descriptor may be closed while it is being looked at. */
function targetOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

/** The script of a Node process, else the program. */
function roleOf(commandLine: readonly string[]): string {
  const script = commandLine.find((part) => /\.[jt]s$/.test(part)) ?? commandLine[0] ?? '?';
  return basename(script).replace(/\.[jt]s$/, '');
}
