/**
 * What the main thread and a media thread say to each other. The media thread owns everything that must keep time:
 * the UDP sockets, jitter buffers, Opus, voice activity detection and the pacer.
 *
 * Times are milliseconds of the machine's monotonic clock ({@link monotonicMs}), the same in every thread.
 */
import type { SpeakingRateHz } from '../engines/engine-types.js';
import type { ErrorCode } from '../errors.js';

/** Milliseconds of CLOCK_MONOTONIC: comparable between threads of this machine, unlike `performance.now()`. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}

/** How the RTP of one caller is recognised on its private port, and where the voice goes. */
export interface StreamParameters {
  /** Where mediasoup's plain transport listens, on 127.0.0.1. Packets from elsewhere are dropped. */
  remotePort: number;
  /** The microphone, as mediasoup's consumer sends it. */
  microphone: { ssrc: number; payloadType: number };
  /** The voice, as mediasoup's producer expects it. */
  voice: { ssrc: number; payloadType: number; sampleRateHz: SpeakingRateHz };
}

/** One VAD window of one caller: what the ear heard. */
export interface HeardWindow {
  sessionId: string;
  /** Position of the first sample in the caller's stream: counts media time at 16 kHz, gaps included. */
  position: number;
  /** When the window's last sample had arrived. */
  receivedAtMs: number;
  /** Speech probability, 0 to 1. */
  probability: number;
  /** Whether the caller speaks: the probability with hysteresis, less the agent's own voice coming back. */
  voiced: boolean;
  /** Samples of this window that were concealed because their packets never came. */
  concealed: number;
  /** 512 samples at 16 kHz. */
  samples: Int16Array;
}

/** Something the mouth did. */
export type PlayoutEvent =
  /** The first audible packet of a segment has left. */
  | { type: 'started'; sessionId: string; segmentId: number; atMs: number }
  /** Sent at least every 200 ms while a segment plays: samples of the segment that have left, in its own rate. */
  | { type: 'progress'; sessionId: string; segmentId: number; samples: number; atMs: number }
  /** The segment has left in full. */
  | { type: 'finished'; sessionId: string; segmentId: number; samples: number; atMs: number }
  /** The segment was stopped before its end by `stopPlayout`. */
  | { type: 'stopped'; sessionId: string; segmentId: number; samples: number; atMs: number };

/** Counters of one media thread since its start; the main thread exports them. */
export interface MediaCounters {
  sessions: number;
  packetsReceived: number;
  packetsSent: number;
  /** Packets thrown away, by reason. */
  dropped: {
    /** Not from mediasoup's port. */ source: number;
    ssrc: number;
    payloadType: number;
    /** Payload longer than 1275 bytes (RFC 6716, 3.4), empty, or no RTP at all. */ malformed: number;
    duplicate: number;
    /** Came after its place had been concealed. */ late: number;
    /** The jitter buffer was full, or sound came faster than real time. */ overflow: number;
  };
  /** Frames of 20 ms made up because their packets were lost. */
  framesConcealed: number;
  /** Payloads that the decoder refused; concealed as well. */
  decodeErrors: number;
  /** Frames that the pacer skipped after a stall. */
  framesSkipped: number;
  /** Lateness of the pacer against its absolute deadlines since the last report, ms. */
  pacerLatenessMs: { p50: number; p99: number; max: number };
  /** Share of the time since the last report in which the thread was busy, 0 to 1. */
  busy: number;
  /** Event-loop delay of the media thread since the last report, ms. */
  eventLoopDelayMs: { p50: number; p99: number; max: number };
}

/** Requests from the main thread. */
export type MediaCommand =
  | { type: 'open'; requestId: number; sessionId: string }
  | { type: 'connect'; sessionId: string; stream: StreamParameters }
  /** Adds sound to a segment; segments play in the order of their first sound. `last` closes the segment. */
  | { type: 'play'; sessionId: string; segmentId: number; samples: Int16Array; last: boolean }
  /** Drops everything that has not left, at once; one `stopped` per unfinished segment follows. */
  | { type: 'stopPlayout'; sessionId: string }
  /** Volume of the voice, 1 = as synthesised; ramps over 20 ms. */
  | { type: 'gain'; sessionId: string; gain: number }
  /** Lets the voice pause where it is, fading over 20 ms, and go on. */
  | { type: 'hold'; sessionId: string; held: boolean }
  | { type: 'close'; requestId: number; sessionId: string }
  | { type: 'shutdown' };

/** What the media thread tells the main thread. */
export type MediaNotice =
  | { type: 'ready' }
  /** Instead of `ready`: the thread cannot work and ends. */
  | { type: 'startFailed'; code: ErrorCode; message: string }
  /** Answer to `open`: the private UDP port on 127.0.0.1, or why there is none. */
  | { type: 'opened'; requestId: number; port: number }
  | { type: 'openFailed'; requestId: number; message: string }
  | { type: 'closed'; requestId: number }
  /** The windows of all callers that became complete in one tick. */
  | { type: 'heard'; windows: HeardWindow[] }
  | { type: 'playout'; events: PlayoutEvent[] }
  | { type: 'counters'; counters: MediaCounters }
  /** A caller's stream can no longer be served (socket error, too many refused payloads). */
  | { type: 'streamFailed'; sessionId: string; message: string };
