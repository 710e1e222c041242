/** The composition root: builds everything in order, closes it in reverse. */
import type { AddressInfo } from 'node:net';
import { collectGarbage } from './collect-garbage.js';
import { Access } from './access/access.js';
import { CallerLimits } from './access/caller-limits.js';
import { ShutOut } from './access/shut-out.js';
import type { Config } from './config.js';
import { addressToAnnounce } from './ec2/public-address.js';
import { loadEngines, type LoadedEngines } from './engines/load-engines.js';
import { startHttpServer } from './http-server.js';
import type { Logger } from './log.js';
import { DEFAULT_MEDIA_THREAD_OPTIONS, type MediaThreadOptions } from './media/media-thread.js';
import { startMediaServer } from './media/media-server.js';
import { startMediaThreads } from './media/media-threads.js';
import { Metrics } from './observability/metrics.js';
import { logResources } from './observability/resource-line.js';
import type { ServerStatus } from './observability/server-status.js';
import { Refusals } from './observability/refusals.js';
import { preloadPrompt } from './session/preload-prompt.js';
import { ServiceLevel } from './session/service-level.js';
import { TurnTraces } from './observability/turn-traces.js';
import { SessionManager } from './session/session-manager.js';
import { loadOperatorTools } from './tools/operator-tools.js';
import { startSignalling } from './signalling/signalling.js';

export interface App {
  /** Where the page is. */
  url: string;
  /** Calls at this moment. */
  calls(): number;
  /**
   * Takes no new calls, lets those that there are end (`server.drainCallsMs` at most), then answers being spoken
   * (`server.drainMs` at most), and closes everything. A second time: waits for nothing any more.
   */
  close(): Promise<void>;
}

/** What may stand in place of the server's own parts, for measurements. */
export interface AppParts {
  /** Given the engines that the configuration names. */
  engines?(engines: LoadedEngines): LoadedEngines;
}

/**
 * Starts the server; resolves when every model is loaded and warm and calls are taken.
 * @throws ParleyError saying what is wrong; everything started before it is closed again.
 */
export async function startApp(config: Config, log: Logger, parts: AppParts = {}): Promise<App> {
  const closers: (() => Promise<void> | void)[] = [];
  let status: (() => ServerStatus) | undefined;
  let unready: string | undefined = 'starting';
  let closing: Promise<void> | undefined;
  const hurry = new AbortController();
  const closeAll = async () => {
    for (const closer of closers.splice(0).reverse()) {
      try {
        await closer();
      } catch (error) {
        log.warn({ err: error }, 'a part did not close cleanly');
      }
    }
  };
  try {
    const access = new Access(config, log);
    closers.push(() => access.close());
    const metrics = new Metrics();
    closers.push(() => metrics.close());
    const refusals = new Refusals(metrics, log);
    const shutOut = new ShutOut(config.limits, (...refusal) => refusals.add(...refusal));
    const http = await startHttpServer({
      host: config.server.host,
      port: config.server.port,
      tls: { certificate: config.server.tlsCertificate, key: config.server.tlsKey },
      metrics,
      access,
      refusals,
      shutOut,
      unready: () => unready,
      status: () => status?.(),
      log,
    });
    closers.push(() => {
      http.closeAllConnections();
      http.close();
    });
    const keep = async <T extends { close(): Promise<void> }>(starting: Promise<T>): Promise<T> => {
      const part = await starting;
      closers.push(() => part.close());
      return part;
    };
    const starting = [
      keep(loadEngines(config, log)),
      keep(
        addressToAnnounce(config).then((announcedAddress) =>
          startMediaServer({ ...config, media: { ...config.media, announcedAddress } }, log),
        ),
      ),
      keep(startMediaThreads(config.media.threads, mediaThreadOptions(config), log)),
    ] as const;
    // When one fails, the others must have started before they can be closed.
    await Promise.allSettled(starting);
    const [loaded, mediaServer, mediaThreads] = await Promise.all(starting);
    const tools = await loadOperatorTools(config.tools);
    const engines = parts.engines?.(loaded) ?? loaded;
    await preloadPrompt(engines.languageModel, tools, config);
    const serviceLevel = new ServiceLevel({
      targetMs: config.service.targetMs,
      queueAgeMs: () => Math.max(0, ...Object.values(engines.queues()).map((load) => load.oldestWaitingMs)),
    });
    const traces = new TurnTraces(config.telemetry.tracesUrl, log);
    closers.push(() => traces.close());
    const manager = new SessionManager({
      tools,
      config,
      engines,
      mediaServer,
      mediaThreads,
      metrics,
      serviceLevel,
      traces,
      log,
    });
    status = () => ({
      ...(unready === undefined ? {} : { unready }),
      calls: {
        now: manager.size,
        free: Math.max(0, config.calls.max - manager.size),
        waiting: manager.waiting,
      },
      ...(serviceLevel.p95Ms === undefined ? {} : { voiceToVoiceP95Ms: serviceLevel.p95Ms }),
      pressure: serviceLevel.pressure,
      queues: engines.queues(),
      live: manager.live,
    });
    const media = () => mediaThreads.counters();
    closers.push(logResources({ status, media, waitingPlaces: config.calls.waiting }, log));
    metrics.observe({
      calls: () => manager.size,
      freePlaces: () => Math.max(0, config.calls.max - manager.size),
      waiting: () => manager.waiting,
      pressure: () => serviceLevel.pressure,
      freeSequences: () => engines.languageModel.free,
      media,
      queues: () => engines.queues(),
    });
    const signalling = startSignalling(http, {
      manager,
      about: engines.about,
      access,
      limits: config.limits,
      ice: config.ice,
      callerLimits: new CallerLimits(config.limits),
      shutOut,
      refusals,
      reconnectMs: config.calls.reconnectMs,
      log,
    });
    closers.push(() => signalling.close());
    // What starting has left behind, rather than during the first call.
    collectGarbage();
    unready = undefined;
    const { port } = http.address() as AddressInfo;
    const host = ['0.0.0.0', '::', '127.0.0.1'].includes(config.server.host)
      ? 'localhost'
      : config.server.host;
    return {
      url: `${config.server.tlsCertificate === '' ? 'http' : 'https'}://${host}:${port}/`,
      calls: () => manager.size,
      close: () => {
        unready = 'shutting down';
        if (closing !== undefined) hurry.abort();
        const { drainCallsMs: callsMs, drainMs: answersMs } = config.server;
        closing ??= manager.drain({ callsMs, answersMs }, hurry.signal).then(closeAll);
        return closing;
      },
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

function mediaThreadOptions({ vad }: Config): MediaThreadOptions {
  return {
    ...DEFAULT_MEDIA_THREAD_OPTIONS,
    vadThreshold: vad.onThreshold,
    vadOffThreshold: vad.offThreshold,
  };
}
