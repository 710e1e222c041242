/**
 * mediasoup's workers: each with one WebRtcServer (UDP and TCP on one port) and one router. A worker that dies is
 * replaced on the same port; the calls on it are told so.
 */
import { availableParallelism, networkInterfaces } from 'node:os';
import { createWorker, type types } from 'mediasoup';
import type { Config } from '../config.js';
import { MediaFailedError } from '../errors.js';
import type { Logger } from '../log.js';
import { leastUsed, MeasuredUse } from './measured-use.js';
import { mediasoupWorkerPath } from '../setup/mediasoup-worker.js';

/** Opus as RFC 7587 wants it: always 48 kHz and two channels in signalling, whatever is coded. */
const opus: types.RouterRtpCodecCapability = {
  kind: 'audio',
  mimeType: 'audio/opus',
  clockRate: 48_000,
  channels: 2,
  parameters: { useinbandfec: 1, usedtx: 0 },
};

/** How often workers are asked what they use, ms. */
const measureEveryMs = 2000;

/** One mediasoup worker with what is made once on it. */
export interface MediaWorker {
  /** Process id of the worker. */
  readonly pid: number;
  readonly router: types.Router;
  readonly webRtcServer: types.WebRtcServer;
  /** Calls placed on it. */
  calls: number;
  /** How busy its process is, for placing calls. */
  readonly use: MeasuredUse;
  /** Aborts when the worker has died; the reason is a MediaFailedError. */
  readonly died: AbortSignal;
}

export interface MediaServer {
  /** Workers that are up. */
  readonly workers: readonly MediaWorker[];
  /**
   * The least busy worker.
   * @throws MediaFailedError when none is up.
   */
  place(): MediaWorker;
  /** Ends all workers. Idempotent. */
  close(): Promise<void>;
}

/**
 * Starts the workers.
 * @throws MediaFailedError naming the port when it is in use.
 */
export async function startMediaServer(config: Config, log: Logger): Promise<MediaServer> {
  const count = config.media.workers || Math.max(1, Math.floor(availableParallelism() / 2));
  const slots: (MediaWorker | undefined)[] = [];
  let closing = false;

  async function startSlot(index: number): Promise<void> {
    const worker = await withoutSignalListeners(() =>
      createWorker({ logLevel: 'warn', workerBin: mediasoupWorkerPath() }),
    );
    const died = new AbortController();
    worker.on('died', (error) => {
      slots[index] = undefined;
      died.abort(new MediaFailedError('The media worker of this call died.', { cause: error }));
      if (closing) return;
      log.error({ workerPid: worker.pid, err: error }, 'mediasoup worker died; starting another');
      startSlot(index).catch((failure: unknown) => {
        log.fatal({ err: failure }, 'mediasoup worker could not be replaced');
      });
    });
    try {
      const webRtcServer = await worker.createWebRtcServer({ listenInfos: listenInfos(config, index) });
      const router = await worker.createRouter({ mediaCodecs: [opus] });
      const slot = {
        pid: worker.pid,
        router,
        webRtcServer,
        calls: 0,
        use: new MeasuredUse(),
        died: died.signal,
      };
      slots[index] = slot;
      const stopMeasuring = measure(worker, slot, log);
      closers[index] = () => {
        stopMeasuring();
        return closeWorker(worker);
      };
    } catch (error) {
      await closeWorker(worker);
      const port = config.media.port === 0 ? 'any port' : `port ${config.media.port + index}`;
      throw new MediaFailedError(
        `WebRTC cannot listen on ${listenAddress(config)}, ${port} (UDP and TCP): ` +
          `${error instanceof Error ? error.message : String(error)}. Is it in use? See media.port and media.listenAddress.`,
        { cause: error },
      );
    }
  }

  const closers: (() => Promise<void>)[] = [];
  const close = async () => {
    closing = true;
    await Promise.all(closers.splice(0).map((end) => end()));
  };
  try {
    for (let index = 0; index < count; index++) await startSlot(index);
  } catch (error) {
    await close();
    throw error;
  }
  const up = () => slots.filter((worker) => worker !== undefined);
  return {
    get workers() {
      return up();
    },
    place() {
      const worker = leastUsed(up(), (one) => one);
      if (worker === undefined) throw new MediaFailedError('No media worker is up; try again in a moment.');
      return worker;
    },
    close,
  };
}

/** Keeps a worker's `use` up to date from the processor time of its process. @returns stops that. */
function measure(worker: types.Worker, slot: MediaWorker, log: Logger): () => void {
  let before: { cpuMs: number; atMs: number } | undefined;
  const look = async () => {
    const { ru_utime, ru_stime } = await worker.getResourceUsage();
    const now = { cpuMs: ru_utime + ru_stime, atMs: performance.now() };
    if (before !== undefined)
      slot.use.measured((now.cpuMs - before.cpuMs) / (now.atMs - before.atMs), slot.calls);
    before = now;
  };
  const timer = setInterval(() => {
    look().catch((error: unknown) => {
      if (!worker.closed && !worker.died)
        log.debug({ err: error, workerPid: worker.pid }, 'a mediasoup worker did not tell what it uses');
    });
  }, measureEveryMs);
  worker.once('subprocessclose', () => clearInterval(timer));
  return () => clearInterval(timer);
}

/**
 * Does something and takes away what it listens to signals with: mediasoup closes a worker the moment that the server
 * is told to stop, while the last answers are still being spoken. Here workers are closed in their turn.
 */
function withoutSignalListeners<T>(act: () => T): T {
  const signals = ['SIGINT', 'SIGTERM'] as const;
  const before = signals.map((signal) => process.rawListeners(signal));
  const result = act();
  signals.forEach((signal, index) => {
    for (const listener of process.rawListeners(signal)) {
      if (!before[index]?.includes(listener)) process.removeListener(signal, listener as () => void);
    }
  });
  return result;
}

/** Resolves when the worker's process is gone, so that its ports are free again. */
async function closeWorker(worker: types.Worker): Promise<void> {
  if (worker.subprocessClosed) return;
  const gone = new Promise<void>((resolve) => worker.once('subprocessclose', resolve));
  worker.close();
  await gone;
}

function listenInfos(config: Config, index: number): types.TransportListenInfo[] {
  const ip = listenAddress(config);
  const announced = announcedAddress(config);
  const port = config.media.port === 0 ? 0 : config.media.port + index;
  return (['udp', 'tcp'] as const).map((protocol) => ({
    protocol,
    ip,
    ...(port === 0 ? {} : { port }),
    ...(announced === ip ? {} : { announcedAddress: announced }),
  }));
}

function listenAddress(config: Config): string {
  const address = config.media.listenAddress || config.server.host;
  return address === 'localhost' ? '127.0.0.1' : address;
}

/** What browsers are told to send to: never a wildcard address, which nobody can reach. */
function announcedAddress(config: Config): string {
  if (config.media.announcedAddress) return config.media.announcedAddress;
  const listening = listenAddress(config);
  if (listening !== '0.0.0.0' && listening !== '::') return listening;
  const family = listening === '::' ? 'IPv6' : 'IPv4';
  const outside = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find((address) => !address.internal && address.family === family);
  return outside?.address ?? (family === 'IPv4' ? '127.0.0.1' : '::1');
}
