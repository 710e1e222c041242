/** What a server holds when nobody is calling: all of it must be as it was before. */
import type { ServerProcess } from '../../helpers/server-process.js';
import { until } from '../../helpers/until.js';
import { processFigures } from '../load/process-figures.js';

export interface Held {
  calls: number;
  freeSequences: number;
  udpPorts: number;
  descriptors: number;
  processes: number;
  threads: number;
}

/** Longest that a call which nobody ends can last: ICE consent, 15 s, and the connection's time to notice. */
const leftoversLimitMs = 60_000;

/** Waits until no call is left. */
export async function quiet(server: ServerProcess): Promise<void> {
  await until(
    'no call is left',
    async () => (await server.metrics()).get('parley_calls') === 0,
    leftoversLimitMs,
  );
}

export async function held(server: ServerProcess): Promise<Held> {
  const metrics = await server.metrics();
  const { pids, udpPorts } = server.resources();
  const figures = pids.map((pid) => processFigures(pid));
  const sum = (read: (figure: NonNullable<ReturnType<typeof processFigures>>) => number) =>
    figures.reduce((total, figure) => total + (figure === undefined ? 0 : read(figure)), 0);
  return {
    calls: metrics.get('parley_calls') ?? NaN,
    freeSequences: metrics.get('parley_llm_sequences_free') ?? NaN,
    udpPorts: udpPorts.length,
    descriptors: sum(({ descriptors }) => descriptors),
    processes: pids.length,
    threads: sum(({ threads }) => threads),
  };
}

/** Resident memory of all processes, shared pages counted once, MiB. */
export function memoryMiB(server: ServerProcess): number {
  const bytes = server.resources().pids.map((pid) => processFigures(pid)?.memoryBytes ?? 0);
  return bytes.reduce((sum, value) => sum + value, 0) / 1_048_576;
}

/** A connection of the one who looks, and a thread that Node ends when it pleases. */
const slack: Partial<Held> = { descriptors: 2, threads: 2 };

/** What did not come back. */
export function leftOver(before: Held, after: Held): string[] {
  return (Object.keys(before) as (keyof Held)[]).flatMap((what) => {
    const difference = what === 'freeSequences' ? before[what] - after[what] : after[what] - before[what];
    const lost =
      what === 'descriptors' || what === 'threads' ? difference > (slack[what] ?? 0) : difference !== 0;
    return lost ? [`${what}: ${before[what]} before, ${after[what]} after`] : [];
  });
}
