/** What a call tells whoever listens to it. */
import type {
  AgentState,
  StartCallResult,
  TurnLatency,
  TurnUpdate,
  WaitingUpdate,
} from '../server/protocol.js';
import type { CallError, ProblemCode } from './call-errors.js';
import type { Levels } from './level-meter.js';

/** A step on the way to a call. They overlap: `microphone` and `server` are done side by side. */
export type Stage = 'microphone' | 'server' | 'connecting' | 'ready';

export interface CallEvents {
  /** A step began or was done, `elapsedMs` after the person asked for the call. */
  stage: { stage: Stage; done: boolean; elapsedMs: number };
  /** Every line of the server is taken: where the caller stands among those who wait. */
  waiting: WaitingUpdate;
  /** The server gave a line: what it is made of. */
  started: StartCallResult;
  /** The caller can speak now, `elapsedMs` after asking for the call. */
  ready: { elapsedMs: number };
  /** What the agent is doing. */
  state: AgentState;
  /** An entry of the conversation is new or has changed. */
  turn: TurnUpdate;
  /** Where the time of one answer went. */
  latency: TurnLatency;
  /** The server is going down: the call may go on for so long, ms. */
  draining: { endsInMs: number };
  /** The connection to the server broke and is being made anew, and it is there again. The sound may go on meanwhile. */
  connection: 'reconnecting' | 'back';
  /** Loudness of both sides, 20 times a second. */
  levels: Levels;
  /** Something failed and the call goes on. */
  error: CallError;
  /** The call is over and everything is released; the last event. */
  ended: { reason: ProblemCode; message: string; retryAfterSeconds?: number | undefined };
}
