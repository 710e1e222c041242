/** What an administrator sees at a glance, and what scales a fleet: `GET /v1/status`. No words of anybody's. */
import type { EngineLoad } from '../engines/engine-host.js';
import type { AgentState, TurnLatency } from '../protocol.js';

export interface CallStatus {
  id: string;
  /** Whom the token was made for, where it says so. */
  caller?: string;
  /** ISO 8601. */
  startedAt: string;
  /** `connecting` until sound can flow. */
  state: AgentState | 'connecting';
  answers: number;
  lastLatency?: TurnLatency;
}

export interface ServerStatus {
  /** Why no new caller would be served; absent when one would. */
  unready?: string;
  /** Calls at this moment, places that are free, callers in the waiting line. */
  calls: { now: number; free: number; waiting: number };
  /** 95 of 100 answers of the last half minute took no longer, ms; absent when there were few. */
  voiceToVoiceP95Ms?: number;
  /** 1: at the target of `service.targetMs`. */
  pressure: number;
  /** Requests that wait in each engine. */
  queues: Record<string, EngineLoad>;
  live: CallStatus[];
}
