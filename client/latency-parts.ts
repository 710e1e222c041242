/** One answer's latency as a list of parts that add up, for the bar and the numbers under it. */
import type { TurnLatency } from '../server/protocol.js';

export interface LatencyPart {
  key: string;
  label: string;
  ms: number;
}

export interface LatencyBreakdown {
  /** What the parts add up to: mouth to ear where the browser's side is known, else voice to voice. */
  totalMs: number;
  label: string;
  parts: LatencyPart[];
}

type PartKey = Exclude<keyof TurnLatency, 'turnId' | 'voiceToVoiceMs' | 'mouthToEarMs'>;

const LABELS: Readonly<Record<PartKey, string>> = {
  endpointMs: 'Sure that you had finished',
  recognitionMs: 'Recognising your words',
  firstTokenMs: 'First word of the answer',
  firstClauseMs: 'First clause',
  firstAudioMs: 'First sound',
  pacerMs: 'On its way out',
};

/** Every part in the order in which it happens; parts that took no time are kept, as zero. */
export function latencyBreakdown(latency: TurnLatency): LatencyBreakdown {
  const parts = (Object.keys(LABELS) as PartKey[]).map((key) => ({
    key: key.replace(/Ms$/, ''),
    label: LABELS[key],
    ms: Math.max(0, latency[key]),
  }));
  if (latency.mouthToEarMs === undefined) {
    return { totalMs: latency.voiceToVoiceMs, label: 'voice to voice', parts };
  }
  const outside = Math.max(0, latency.mouthToEarMs - latency.voiceToVoiceMs);
  parts.push({ key: 'network', label: 'Network and sound buffers', ms: outside });
  return { totalMs: latency.mouthToEarMs, label: 'mouth to ear', parts };
}
