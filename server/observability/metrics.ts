/** What Prometheus sees: calls, turn latency by part, media counters, event-loop delay, process figures. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { EngineLoad } from '../engines/engine-host.js';
import type { MediaCounters } from '../media/media-types.js';
import type { RefusalReason } from '../errors.js';
import type { EndReason, TurnLatency } from '../protocol.js';

/** What is read when somebody asks for the metrics. */
export interface MetricSources {
  /** Calls at this moment. */
  calls(): number;
  /** Places for calls that are free. */
  freePlaces(): number;
  /** Callers in the waiting line. */
  waiting(): number;
  /** How near the server is to its target: 1 is at it. */
  pressure(): number;
  /** Sequences of the language model that are free. */
  freeSequences(): number;
  /** Counters of every media thread. */
  media(): MediaCounters[];
  /** Requests that wait in each engine, by engine name. */
  queues(): Record<string, EngineLoad>;
}

const parts = {
  endpoint: 'endpointMs',
  recognition: 'recognitionMs',
  first_token: 'firstTokenMs',
  first_clause: 'firstClauseMs',
  first_audio: 'firstAudioMs',
  pacer: 'pacerMs',
  voice_to_voice: 'voiceToVoiceMs',
  mouth_to_ear: 'mouthToEarMs',
} as const satisfies Record<string, keyof TurnLatency>;

const buckets = [0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1, 1.5, 2, 3, 5];

/** The event loop is asked so often; what Node measures contains it. */
const loopResolutionMs = 10;

export class Metrics {
  readonly #registry = new Registry();
  readonly #started: Counter;
  readonly #refused: Counter<'code'>;
  readonly #ended: Counter<'reason'>;
  readonly #turnedAway: Counter<'reason'>;
  readonly #failed: Counter;
  readonly #drafts: Counter<'fate'>;
  readonly #latency: Histogram<'part'>;
  readonly #loopDelay = monitorEventLoopDelay({ resolution: loopResolutionMs });

  constructor() {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    this.#started = new Counter({ name: 'parley_calls_started_total', help: 'Calls admitted.', registers });
    this.#refused = new Counter({
      name: 'parley_calls_refused_total',
      help: 'Calls refused, by error code.',
      labelNames: ['code'],
      registers,
    });
    this.#ended = new Counter({
      name: 'parley_calls_ended_total',
      help: 'Calls ended, by reason.',
      labelNames: ['reason'],
      registers,
    });
    this.#turnedAway = new Counter({
      name: 'parley_refused_total',
      help: 'Connections, requests and messages turned away, by reason.',
      labelNames: ['reason'],
      registers,
    });
    this.#failed = new Counter({
      name: 'parley_answers_failed_total',
      help: 'Answers that failed.',
      registers,
    });
    this.#drafts = new Counter({
      name: 'parley_drafts_total',
      help: 'Answers begun before the turn was over: made, and of those used or wasted.',
      labelNames: ['fate'],
      registers,
    });
    this.#latency = new Histogram({
      name: 'parley_turn_seconds',
      help: 'Where the time of each answer went, by part; voice_to_voice is the sum of the others but mouth_to_ear.',
      labelNames: ['part'],
      buckets,
      registers,
    });
    this.#loopDelay.enable();
  }

  /** Registers the gauges that are read from the running server. Once. */
  observe(sources: MetricSources): void {
    this.#gauge('parley_calls', 'Calls at this moment.', () => sources.calls());
    this.#gauge('parley_calls_free', 'Places for calls that are free.', () => sources.freePlaces());
    this.#gauge('parley_calls_waiting', 'Callers in the waiting line.', () => sources.waiting());
    this.#gauge(
      'parley_service_pressure',
      'Time of 95 of 100 answers, or age of the oldest request, against the target: at 1 nobody new is let in.',
      () => sources.pressure(),
    );
    this.#gauge('parley_llm_sequences_free', 'Places left in the language model.', () =>
      sources.freeSequences(),
    );
    const sum = (read: (counters: MediaCounters) => number) => () =>
      sources.media().reduce((total, counters) => total + read(counters), 0);
    const worst = (read: (counters: MediaCounters) => number) => () =>
      Math.max(0, ...sources.media().map(read)) / 1000;
    this.#count(
      'parley_rtp_packets_received_total',
      'RTP packets from callers.',
      sum((c) => c.packetsReceived),
    );
    this.#count(
      'parley_rtp_packets_sent_total',
      'RTP packets to callers.',
      sum((c) => c.packetsSent),
    );
    this.#count(
      'parley_frames_concealed_total',
      'Frames of 20 ms made up for lost ones.',
      sum((c) => c.framesConcealed),
    );
    this.#count(
      'parley_decode_errors_total',
      'Payloads that the decoder refused.',
      sum((c) => c.decodeErrors),
    );
    this.#count(
      'parley_frames_skipped_total',
      'Frames that the pacer skipped.',
      sum((c) => c.framesSkipped),
    );
    this.#gauge(
      'parley_pacer_lateness_p99_seconds',
      'Lateness of the pacer.',
      worst((c) => c.pacerLatenessMs.p99),
    );
    this.#gauge(
      'parley_media_loop_delay_p99_seconds',
      'Event-loop delay of the media threads.',
      worst((c) => c.eventLoopDelayMs.p99),
    );
    this.#gauge(
      'parley_main_loop_delay_p99_seconds',
      'Event-loop delay of the main thread since the last reading.',
      () => {
        const p99 = (this.#loopDelay.percentile(99) / 1e6 - loopResolutionMs) / 1000;
        this.#loopDelay.reset();
        return Number.isFinite(p99) ? Math.max(0, p99) : 0;
      },
    );
    new Counter({
      name: 'parley_rtp_packets_dropped_total',
      help: 'RTP packets thrown away, by reason.',
      labelNames: ['reason'],
      registers: [this.#registry],
      collect() {
        this.reset();
        for (const reason of droppedReasons) {
          this.inc(
            { reason },
            sources.media().reduce((total, counters) => total + counters.dropped[reason], 0),
          );
        }
      },
    });
    const queue = (name: string, help: string, read: (queue: EngineLoad) => number) =>
      new Gauge({
        name,
        help,
        labelNames: ['engine'],
        registers: [this.#registry],
        collect() {
          for (const [engine, state] of Object.entries(sources.queues())) this.set({ engine }, read(state));
        },
      });
    queue('parley_engine_queue', 'Requests waiting in an engine.', (state) => state.waiting);
    queue(
      'parley_engine_queue_age_seconds',
      'Age of the oldest waiting request.',
      (state) => state.oldestWaitingMs / 1000,
    );
  }

  callStarted(): void {
    this.#started.inc();
  }

  callRefused(code: string): void {
    this.#refused.inc({ code });
  }

  /** Somebody was turned away; see {@link RefusalReason}. */
  refused(reason: RefusalReason): void {
    this.#turnedAway.inc({ reason });
  }

  callEnded(reason: EndReason): void {
    this.#ended.inc({ reason });
  }

  draft(fate: 'made' | 'used' | 'wasted'): void {
    this.#drafts.inc({ fate });
  }

  turnFailed(): void {
    this.#failed.inc();
  }

  turnAnswered(latency: TurnLatency): void {
    for (const [part, key] of Object.entries(parts)) {
      const ms = latency[key];
      if (ms !== undefined) this.#latency.observe({ part }, ms / 1000);
    }
  }

  /** The browser's side of an answer has come. */
  mouthToEar({ mouthToEarMs }: TurnLatency): void {
    if (mouthToEarMs !== undefined) this.#latency.observe({ part: 'mouth_to_ear' }, mouthToEarMs / 1000);
  }

  /** The Prometheus text format and its content type. */
  async text(): Promise<{ contentType: string; body: string }> {
    return { contentType: this.#registry.contentType, body: await this.#registry.metrics() };
  }

  close(): void {
    this.#loopDelay.disable();
    this.#registry.clear();
  }

  /** A counter that is kept elsewhere: set to what `read` returns whenever somebody asks. */
  #count(name: string, help: string, read: () => number): void {
    new Counter({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  }

  #gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.set(read());
      },
    });
  }
}

const droppedReasons = [
  'source',
  'ssrc',
  'payloadType',
  'malformed',
  'duplicate',
  'late',
  'overflow',
] as const satisfies readonly (keyof MediaCounters['dropped'])[];
