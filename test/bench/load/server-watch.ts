/** What servers use while callers talk to it: processor, memory, threads, sockets, delays of its event loops. */
import type { ServerProcess } from '../../helpers/server-process.js';
import { processFigures, type ProcessFigures } from './process-figures.js';

/** What a stretch of time took. */
export interface ServerUse {
  seconds: number;
  /** Cores in use on average, by role and in all. */
  cores: Record<string, number>;
  totalCores: number;
  /** Highest of the samples, MiB: proportional share, so that shared pages count once. */
  memoryMiB: Record<string, number>;
  totalMemoryMiB: number;
  threads: number;
  sockets: number;
  descriptors: number;
  /** Delay of the main thread's event loop over the whole stretch, 99 of 100 turns, ms. */
  mainLoopP99Ms: number;
  /** Counters that went up in the stretch: dropped packets, concealed and skipped frames, failed answers, drafts. */
  counts: Record<string, number>;
}

const sampleMs = 2000;
const mib = 1024 * 1024;
const counted =
  /^parley_(rtp_packets_dropped_total|frames_concealed_total|frames_skipped_total|decode_errors_total|answers_failed_total|drafts_total|calls_refused_total|shed_total)/;

export class ServerWatch {
  readonly #servers: readonly ServerProcess[];
  readonly #startedAt = performance.now();
  readonly #timer: NodeJS.Timeout;
  #first: Map<number, ProcessFigures>;
  #last: Map<number, ProcessFigures>;
  #peak: {
    memory: Record<string, number>;
    total: number;
    threads: number;
    sockets: number;
    descriptors: number;
  } = {
    memory: {},
    total: 0,
    threads: 0,
    sockets: 0,
    descriptors: 0,
  };
  readonly #metrics: Map<string, number>;

  /** Begins; the reading of the metrics empties what the server keeps of its event loop. */
  static async start(servers: readonly ServerProcess[]): Promise<ServerWatch> {
    return new ServerWatch(servers, await metricsOf(servers));
  }

  private constructor(servers: readonly ServerProcess[], metrics: Map<string, number>) {
    this.#servers = servers;
    this.#metrics = metrics;
    this.#first = this.#sample();
    this.#last = this.#first;
    this.#timer = setInterval(() => (this.#last = this.#sample()), sampleMs);
  }

  async stop(): Promise<ServerUse> {
    clearInterval(this.#timer);
    this.#last = this.#sample();
    const seconds = (performance.now() - this.#startedAt) / 1000;
    const metrics = await metricsOf(this.#servers);
    const cores: Record<string, number> = {};
    for (const [pid, { role, cpuMs }] of this.#last) {
      const used = cpuMs - (this.#first.get(pid)?.cpuMs ?? 0);
      cores[role] = (cores[role] ?? 0) + used / 1000 / seconds;
    }
    const { memory, total, ...peaks } = this.#peak;
    return {
      seconds,
      cores,
      totalCores: Object.values(cores).reduce((sum, value) => sum + value, 0),
      memoryMiB: memory,
      totalMemoryMiB: total,
      ...peaks,
      mainLoopP99Ms: (metrics.get('parley_main_loop_delay_p99_seconds') ?? NaN) * 1000,
      counts: this.#countsSince(metrics),
    };
  }

  #countsSince(metrics: Map<string, number>): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const [name, value] of metrics) {
      const grown = value - (this.#metrics.get(name) ?? 0);
      if (counted.test(name) && grown !== 0) counts[name.replace(/^parley_/, '')] = grown;
    }
    return counts;
  }

  #sample(): Map<number, ProcessFigures> {
    const figures = new Map<number, ProcessFigures>();
    for (const pid of this.#servers.flatMap((server) => server.resources().pids)) {
      const found = processFigures(pid);
      if (found !== undefined) figures.set(pid, found);
    }
    const all = [...figures.values()];
    const sum = (read: (figure: ProcessFigures) => number) =>
      all.reduce((total, figure) => total + read(figure), 0);
    const memory: Record<string, number> = {};
    for (const { role, memoryBytes } of all) memory[role] = (memory[role] ?? 0) + memoryBytes / mib;
    const peak = this.#peak;
    for (const [role, value] of Object.entries(memory))
      peak.memory[role] = Math.max(peak.memory[role] ?? 0, value);
    peak.total = Math.max(peak.total, sum(({ memoryBytes }) => memoryBytes) / mib);
    peak.threads = Math.max(
      peak.threads,
      sum(({ threads }) => threads),
    );
    peak.sockets = Math.max(
      peak.sockets,
      sum(({ sockets }) => sockets),
    );
    peak.descriptors = Math.max(
      peak.descriptors,
      sum(({ descriptors }) => descriptors),
    );
    return figures;
  }
}

/** Counters add up; of delays the longest counts. */
async function metricsOf(servers: readonly ServerProcess[]): Promise<Map<string, number>> {
  const all = new Map<string, number>();
  for (const metrics of await Promise.all(servers.map((server) => server.metrics()))) {
    for (const [name, value] of metrics) {
      const before = all.get(name) ?? 0;
      all.set(name, name.endsWith('_seconds') ? Math.max(before, value) : before + value);
    }
  }
  return all;
}
