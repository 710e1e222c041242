/** What the agent's voice still waits for after it left the server, from the browser's own statistics. */
import type { PlayoutReport } from '../server/protocol.js';

/** The running totals that a report is the difference of. */
export interface PlayoutTotals {
  jitterBufferDelaySeconds: number;
  jitterBufferSamples: number;
  playoutDelaySeconds: number;
  playoutSamples: number;
  roundTripMs: number;
}

/**
 * Reads the totals from a receiver's statistics.
 * https://www.w3.org/TR/webrtc-stats/#dom-rtcinboundrtpstreamstats-jitterbufferdelay
 */
export function playoutTotals(stats: Iterable<Record<string, unknown>>): PlayoutTotals {
  const totals: PlayoutTotals = {
    jitterBufferDelaySeconds: 0,
    jitterBufferSamples: 0,
    playoutDelaySeconds: 0,
    playoutSamples: 0,
    roundTripMs: 0,
  };
  for (const entry of stats) {
    switch (entry.type) {
      case 'inbound-rtp':
        totals.jitterBufferDelaySeconds = amount(entry.jitterBufferDelay);
        totals.jitterBufferSamples = amount(entry.jitterBufferEmittedCount);
        break;
      case 'media-playout':
        totals.playoutDelaySeconds = amount(entry.totalPlayoutDelay);
        totals.playoutSamples = amount(entry.totalSamplesCount);
        break;
      case 'candidate-pair':
        if (entry.nominated === true) totals.roundTripMs = amount(entry.currentRoundTripTime) * 1000;
        break;
    }
  }
  return totals;
}

/**
 * The report over the time between two readings; undefined when nothing was played in it. `outputLatencyMs`: what the
 * audio system says of itself, for browsers without playout statistics.
 */
export function playoutBetween(
  before: PlayoutTotals,
  after: PlayoutTotals,
  outputLatencyMs: number,
): PlayoutReport | undefined {
  const samples = after.jitterBufferSamples - before.jitterBufferSamples;
  if (samples <= 0) return undefined;
  const jitterBufferMs =
    ((after.jitterBufferDelaySeconds - before.jitterBufferDelaySeconds) / samples) * 1000;
  const played = after.playoutSamples - before.playoutSamples;
  const outputMs =
    played > 0 ? ((after.playoutDelaySeconds - before.playoutDelaySeconds) / played) * 1000 : outputLatencyMs;
  return {
    jitterBufferMs: tenths(jitterBufferMs),
    roundTripMs: tenths(after.roundTripMs),
    outputMs: tenths(outputMs),
  };
}

function amount(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}

function tenths(ms: number): number {
  return Math.round(Math.max(0, ms) * 10) / 10;
}
