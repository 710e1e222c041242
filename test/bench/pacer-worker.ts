/** A process with talking callers for the pacer benchmark, paced by Parley's pacer or by a timer per caller. */
import { createSocket } from 'node:dgram';
import { SileroVad } from '../../server/engines/silero-vad.js';
import { CallerStream, type CallerStreamParent } from '../../server/media/caller-stream.js';
import { HeardBatch } from '../../server/media/heard-batch.js';
import { LatenessHistogram, newMediaCounts } from '../../server/media/media-counting.js';
import { DEFAULT_MEDIA_THREAD_OPTIONS } from '../../server/media/media-thread.js';
import { monotonicMs } from '../../server/media/media-types.js';
import { Pacer, type PacedVoice, type PacerOptions } from '../../server/media/pacer.js';
import { raiseProcessPriority, type ProcessPriority } from '../../server/media/process-priority.js';
import { PacketSource, sendPackets, tone } from '../fakes/packet-source.js';

export interface PacerRun {
  kind: 'parley' | 'interval';
  sessions: number;
  seconds: number;
  raisePriority: boolean;
  pacer: PacerOptions;
}

export interface PacerResult {
  kind: PacerRun['kind'];
  frames: number;
  p50: number;
  p95: number;
  p99: number;
  max: number;
  skipped: number;
  /** Frames that should have left by the end of the run and had not. */
  behind: number;
  windows: number;
  priority: ProcessPriority;
}

/** What one writes first: every caller a timer. */
class IntervalPacer {
  readonly lateness = new LatenessHistogram();
  readonly #timers = new Map<PacedVoice, NodeJS.Timeout>();

  start(voice: PacedVoice): void {
    if (this.#timers.has(voice)) return;
    const startMs = monotonicMs();
    let n = 0;
    voice.prepare();
    const timer = setInterval(() => {
      const deadlineMs = startMs + 20 * ++n;
      this.lateness.record(monotonicMs() - deadlineMs);
      voice.send(deadlineMs, monotonicMs());
      voice.prepare();
    }, 20);
    this.#timers.set(voice, timer);
  }

  remove(voice: PacedVoice): void {
    clearInterval(this.#timers.get(voice));
    this.#timers.delete(voice);
  }
}

const run = JSON.parse(process.argv[2] ?? '') as PacerRun;
const counts = newMediaCounts();
const pacer = run.kind === 'parley' ? new Pacer(counts, run.pacer) : new IntervalPacer();
const vad = await SileroVad.load();
let windows = 0;
const batch = new HeardBatch(vad, counts, (heard) => (windows += heard.length));
const parent: CallerStreamParent = {
  counts,
  pacer,
  heard: (stream, window) => batch.add(stream, window),
  played: () => undefined,
  failed: (_, message) => {
    throw new Error(message);
  },
};

const streams: CallerStream[] = [];
const sink = createSocket({ type: 'udp4', recvBufferSize: 64 });
await new Promise<void>((resolve) => sink.bind(0, '127.0.0.1', resolve));
const sinkPort = sink.address().port;
const microphones: Promise<void>[] = [];
const speech = tone(220, run.seconds * 1_000 + 500, 16_000);
for (let i = 0; i < run.sessions; i++) {
  const stream = await CallerStream.open(String(i), vad.open(), parent, DEFAULT_MEDIA_THREAD_OPTIONS);
  const source = new PacketSource();
  const { ssrc, payloadType } = source;
  stream.connect({
    remotePort: sinkPort,
    microphone: { ssrc, payloadType },
    voice: { ssrc: 1, payloadType: 111, sampleRateHz: 16_000 },
  });
  streams.push(stream);
  // Encoded beforehand: a real microphone does that elsewhere.
  const packets = source.packets(speech, 16_000);
  microphones.push(sendPackets(sink, stream.port, packets));
}
const ticking = setInterval(() => streams.forEach((stream) => stream.tick(monotonicMs())), 10);

const priority = run.raisePriority ? raiseProcessPriority() : 'common';
await new Promise((resolve) => setTimeout(resolve, 500));
const startMs = monotonicMs();
const sentBefore = counts.packetsSent;
for (const [i, stream] of streams.entries()) {
  setTimeout(() => stream.play(1, speech, true), (i * 7) % 20);
}
await new Promise((resolve) => setTimeout(resolve, run.seconds * 1_000));
const due = streams.length * Math.floor((monotonicMs() - startMs) / 20);
const frames = counts.packetsSent - sentBefore;
const { lateness } = pacer;
const result: PacerResult = {
  kind: run.kind,
  frames,
  p50: lateness.percentile(0.5),
  p95: lateness.percentile(0.95),
  p99: lateness.percentile(0.99),
  max: lateness.percentile(1),
  skipped: counts.framesSkipped,
  // The last frame of each caller may be on its way.
  behind: Math.max(0, due - frames - 2 * streams.length),
  windows,
  priority,
};
clearInterval(ticking);
await Promise.all(streams.map((stream) => stream.close()));
await Promise.all(microphones);
sink.close();
if (pacer instanceof Pacer) pacer.close();
await batch.close();
await vad.close();
process.send?.(result);
process.disconnect();
