/**
 * The media thread itself: owns the callers' streams, their voice activity detection and the pacer. It is the one
 * thread of a process of its own. In a worker thread it would share the heap's memory map and the garbage
 * collector's helpers with threads that compute, and wait for one of them to be given a core while it holds either.
 */
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { SileroVad } from '../engines/silero-vad.js';
import { ParleyError } from '../errors.js';
import { CallerStream, type CallerStreamParent } from './caller-stream.js';
import { HeardBatch } from './heard-batch.js';
import { newMediaCounts } from './media-counting.js';
import type { MediaThreadOptions } from './media-thread.js';
import { monotonicMs, type MediaCommand, type MediaNotice, type PlayoutEvent } from './media-types.js';
import { Pacer } from './pacer.js';
import { raiseProcessPriority } from './process-priority.js';

/** How often the streams are told that time passes. */
const TICK_MS = 10;
const REPORT_MS = 1_000;
/** Notices that may wait for a main thread that does not listen, half a minute of one caller; then nothing is heard. */
const MAX_UNTOLD = 1_000;

const options = JSON.parse(process.argv[2] ?? '') as MediaThreadOptions;

/** Notices on their way to the main thread. */
let untold = 0;

function tell(notice: MediaNotice): void {
  if (!process.connected) return;
  untold++;
  // What cannot be told has nobody who waits for it: the process ends when the connection is gone.
  process.send?.(notice, undefined, {}, () => untold--);
}

async function main(): Promise<void> {
  const vad = await SileroVad.load(options.vadModelPath);
  await vad.warm(new AbortController().signal);
  // Not before: to load a model is nothing urgent.
  raiseProcessPriority();

  const counts = newMediaCounts();
  const pacer = new Pacer(counts, options.pacer);
  const streams = new Map<string, CallerStream>();
  const opening = new Map<string, Promise<void>>();
  const batch = new HeardBatch(vad, counts, (windows) => {
    if (untold < MAX_UNTOLD) tell({ type: 'heard', windows });
    else counts.dropped.overflow += windows.length;
  });

  let events: PlayoutEvent[] = [];
  const parent: CallerStreamParent = {
    counts,
    pacer,
    heard: (stream, window) => batch.add(stream, window),
    played: (stream, event) => {
      // One message for all that happens in one turn of the loop, and not before the packets have left.
      if (events.length === 0) {
        setImmediate(() => {
          tell({ type: 'playout', events });
          events = [];
        });
      }
      events.push({ ...event, sessionId: stream.sessionId });
    },
    failed: (stream, message) => {
      tell({ type: 'streamFailed', sessionId: stream.sessionId, message });
      batch.remove(stream);
    },
  };

  const open = async (requestId: number, sessionId: string): Promise<void> => {
    try {
      if (streams.has(sessionId)) throw new Error(`The stream ${sessionId} is open already.`);
      const stream = await CallerStream.open(sessionId, vad.open(), parent, options);
      streams.set(sessionId, stream);
      tell({ type: 'opened', requestId, port: stream.port });
    } catch (error) {
      tell({
        type: 'openFailed',
        requestId,
        message: error instanceof Error ? error.message : String(error),
      });
    }
  };

  const close = async (requestId: number, sessionId: string): Promise<void> => {
    await opening.get(sessionId);
    const stream = streams.get(sessionId);
    streams.delete(sessionId);
    if (stream) {
      batch.remove(stream);
      await stream.close();
    }
    tell({ type: 'closed', requestId });
  };

  const ticking = setInterval(() => {
    const nowMs = monotonicMs();
    for (const stream of streams.values()) stream.tick(nowMs);
  }, TICK_MS);

  const loopDelay = monitorEventLoopDelay({ resolution: 10 });
  loopDelay.enable();
  let lastUse = performance.eventLoopUtilization();
  const reporting = setInterval(() => {
    const toMs = (ns: number): number => Math.max(0, ns / 1e6 - 10);
    const { percentile50, percentile99, max } = {
      percentile50: loopDelay.percentile(50),
      percentile99: loopDelay.percentile(99),
      max: loopDelay.max,
    };
    loopDelay.reset();
    const use = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(use, lastUse);
    lastUse = use;
    tell({
      type: 'counters',
      counters: {
        sessions: streams.size,
        ...counts,
        busy: utilization,
        pacerLatenessMs: pacer.lateness.report(),
        eventLoopDelayMs: { p50: toMs(percentile50), p99: toMs(percentile99), max: toMs(max) },
      },
    });
  }, REPORT_MS);

  let stopping = false;
  const shutdown = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    clearInterval(ticking);
    clearInterval(reporting);
    loopDelay.disable();
    pacer.close();
    await Promise.all([...streams.values()].map((stream) => stream.close()));
    streams.clear();
    await batch.close();
    await vad.close();
    // Nothing else is left that keeps the process alive.
    if (process.connected) process.disconnect();
  };

  const obey = (command: MediaCommand): Promise<void> | void => {
    switch (command.type) {
      case 'open': {
        const { requestId, sessionId } = command;
        const opened = open(requestId, sessionId).finally(() => opening.delete(sessionId));
        opening.set(sessionId, opened);
        return opened;
      }
      case 'connect':
        return streams.get(command.sessionId)?.connect(command.stream);
      case 'play':
        streams.get(command.sessionId)?.play(command.segmentId, command.samples, command.last);
        return;
      case 'stopPlayout':
        return streams.get(command.sessionId)?.stopPlayout();
      case 'hold':
        return streams.get(command.sessionId)?.hold(command.held);
      case 'gain':
        return streams.get(command.sessionId)?.setGain(command.gain);
      case 'close':
        return close(command.requestId, command.sessionId);
      case 'shutdown':
        return shutdown();
      default:
        throw new Error(`Unknown command to the media thread: ${JSON.stringify(command satisfies never)}.`);
    }
  };
  // A rejection is a fault of this process and ends it: the main thread sees it and starts another.
  process.on('message', (command: MediaCommand) => void obey(command));
  // The server is gone, however that came about.
  process.on('disconnect', () => void shutdown());
  tell({ type: 'ready' });
}

// A signal to the whole group is the server's to answer: it tells this process when the last word has been said.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);

try {
  await main();
} catch (error) {
  if (!(error instanceof ParleyError)) throw error;
  tell({ type: 'startFailed', code: error.code, message: error.message });
  process.disconnect();
}
