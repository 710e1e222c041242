/**
 * OpenTelemetry traces: one per answer, a span for every stage, sent as OTLP over HTTP in JSON to a collector.
 * https://opentelemetry.io/docs/specs/otlp/#otlphttp
 */
import { randomBytes } from 'node:crypto';
import type { Logger } from '../log.js';
import type { TurnLatency } from '../protocol.js';

const SEND_EVERY_MS = 2000;
/** Spans that wait for the collector; what is more is dropped. */
const MAX_WAITING = 2000;
const SEND_LIMIT_MS = 5000;

/** The stages of an answer in their order; with `voiceToVoiceMs` as their sum. */
const stages = [
  ['endpoint', 'endpointMs'],
  ['recognition', 'recognitionMs'],
  ['first token', 'firstTokenMs'],
  ['first clause', 'firstClauseMs'],
  ['first audio', 'firstAudioMs'],
  ['pacer', 'pacerMs'],
] as const satisfies readonly (readonly [string, keyof TurnLatency])[];

/** A span as OTLP writes it. */
interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: { key: string; value: { stringValue: string } }[];
}

const INTERNAL = 1;

export class TurnTraces {
  readonly #url: string;
  readonly #log: Logger;
  readonly #timer: NodeJS.Timeout | undefined;
  #waiting: Span[] = [];
  #failing = false;

  /** @param url the collector's address for traces, such as `http://localhost:4318/v1/traces`; empty for none. */
  constructor(url: string, log: Logger, everyMs = SEND_EVERY_MS) {
    this.#url = url;
    this.#log = log;
    if (url === '') return;
    this.#timer = setInterval(() => void this.#send(), everyMs);
    this.#timer.unref();
  }

  /** Takes an answer whose first sound has just left. */
  answered(callId: string, latency: TurnLatency, nowMs = Date.now()): void {
    if (this.#url === '' || this.#waiting.length + stages.length + 1 > MAX_WAITING) return;
    const traceId = randomBytes(16).toString('hex');
    const attributes = [
      { key: 'parley.call', value: { stringValue: callId } },
      { key: 'parley.turn', value: { stringValue: String(latency.turnId) } },
    ];
    const span = (name: string, fromMs: number, toMs: number, parentSpanId?: string): Span => ({
      traceId,
      spanId: randomBytes(8).toString('hex'),
      ...(parentSpanId === undefined ? {} : { parentSpanId }),
      name,
      kind: INTERNAL,
      startTimeUnixNano: nanoseconds(fromMs),
      endTimeUnixNano: nanoseconds(toMs),
      attributes,
    });
    let atMs = nowMs - latency.voiceToVoiceMs;
    const turn = span('answer', atMs, nowMs);
    this.#waiting.push(turn);
    for (const [name, key] of stages) {
      this.#waiting.push(span(name, atMs, atMs + latency[key], turn.spanId));
      atMs += latency[key];
    }
  }

  /** Sends what waits. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#send();
  }

  async #send(): Promise<void> {
    const spans = this.#waiting.splice(0);
    if (spans.length === 0) return;
    const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'parley' } }] };
    const body = { resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'parley' }, spans }] }] };
    try {
      const response = await fetch(this.#url, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(SEND_LIMIT_MS),
      });
      await response.arrayBuffer();
      if (!response.ok) throw new Error(`The collector answered ${response.status}.`);
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) this.#log.warn({ err: error }, 'traces cannot be sent; they are dropped');
      this.#failing = true;
    }
  }
}

/** Unix time in nanoseconds, which no number can hold exactly. */
function nanoseconds(ms: number): string {
  return String(BigInt(Math.round(ms * 1000)) * 1000n);
}
