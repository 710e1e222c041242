/**
 * A real caller without a browser: signalling, ICE, DTLS-SRTP and Opus both ways, many of them in one process. Its
 * microphone never stops, as a browser's: quiet frames go out between the clips that it speaks.
 */
import { randomInt } from 'node:crypto';
import { monotonicMs } from '../../server/media/media-types.js';
import type {
  AgentState,
  EndReason,
  StartCallRequest,
  StartCallResult,
  TurnLatency,
  TurnUpdate,
} from '../../server/protocol.js';
import { until } from '../helpers/until.js';
import { frameClock } from './frame-clock.js';
import { quietPackets, type OpusClip } from './opus-clip.js';
import { SignallingClient } from './signalling-client.js';
import { VoiceRecorder, type HeardFrame, type VoiceQuality } from './voice-recorder.js';
import { WebRtcTransport } from './web-rtc-transport.js';

const MICROPHONE_PAYLOAD_TYPE = 111;
const FRAME_TICKS = 960;

/** How a caller goes. */
export type LeavingManner =
  /** Says so first. */
  | 'end'
  /** The page is closed: the signalling socket goes without a word. */
  | 'disconnect'
  /** The network is gone: media stops at once, signalling stays half open until the server gives the call up. */
  | 'vanish';

/** One answer of the agent as the caller got it. */
export interface HeardAnswer {
  turnId: number;
  text: string;
  /** Characters that the server says were heard, when the answer was cut off. */
  heardCharacters: number | undefined;
  latency: TurnLatency | undefined;
  /** The sound that arrived for it, at 16 kHz. */
  samples: Int16Array;
  /** Arrival of the first audible packet, monotonic ms. */
  firstAudibleAtMs: number | undefined;
  /** From the departure of the last audible packet of the question to that arrival, ms. Undefined for typed ones. */
  mouthToEarMs: number | undefined;
}

/** How a caller differs from one who sends clips over a network that loses nothing. */
export interface CallerOptions {
  /** The next 20 ms of the microphone, asked for when it is due; in place of clips and quiet. */
  microphone?: () => Buffer;
  /** Whether the next packet of this direction is lost on its way. */
  loses?: (direction: 'up' | 'down') => boolean;
  /** For a server that asks for one. */
  token?: string;
  /** Address of this machine's that signalling comes from. */
  localAddress?: string;
}

/** Times of the way to `ready`, ms from the first message. */
export interface ConnectTimes {
  startCallMs: number;
  readyMs: number;
}

export class WebRtcCaller {
  readonly start: StartCallResult;
  /** Every news of the conversation, in order. */
  readonly turns: TurnUpdate[] = [];
  readonly times: ConnectTimes;
  readonly #signalling: SignallingClient;
  readonly #send: WebRtcTransport;
  readonly #receive: WebRtcTransport;
  readonly #recorder = new VoiceRecorder();
  readonly #options: CallerOptions;
  readonly #latencies = new Map<number, TurnLatency>();
  readonly #answered = new Set<number>();
  #state: AgentState = 'listening';
  #end: { reason: EndReason; message: string } | undefined;
  #stopMicrophone: () => void = () => undefined;
  #queue: { packet: Buffer; sent: () => void }[] = [];
  #quiet = 0;
  #lastSpokenAtMs: number | undefined;
  readonly #rtp = {
    ssrc: randomInt(1, 2 ** 32),
    sequence: randomInt(2 ** 16),
    timestamp: randomInt(2 ** 32),
  };
  #muted = false;
  #left = false;

  /**
   * Calls a server and resolves when both sides can speak.
   * @throws RefusedError with the server's words when it takes no call.
   */
  static async call(
    url: string,
    request: StartCallRequest = {},
    readyLimitMs = 15_000,
    options: CallerOptions = {},
  ): Promise<WebRtcCaller> {
    const signalling = await SignallingClient.connect(url, options.token, options.localAddress);
    const askedAtMs = monotonicMs();
    let caller: WebRtcCaller | undefined;
    try {
      let ready = false;
      signalling.socket.once('ready', () => (ready = true));
      const start = await signalling.request('startCall', request);
      const startCallMs = monotonicMs() - askedAtMs;
      const [send, receive] = await Promise.all([
        WebRtcTransport.make(start.send),
        WebRtcTransport.make(start.receive),
      ]);
      const times = { startCallMs, readyMs: 0 };
      caller = new WebRtcCaller(signalling, start, send, receive, times, options);
      const opened = caller;
      const whenReady = until(
        'the call is ready',
        () => {
          if (opened.ended) throw new Error(`The call ended: ${opened.ended.reason}`);
          return ready;
        },
        readyLimitMs,
      );
      // A call that the server gives up meanwhile never connects.
      await Promise.all([opened.#connect(), whenReady]);
      times.readyMs = monotonicMs() - askedAtMs;
      return opened;
    } catch (error) {
      if (caller) await caller.leave('disconnect');
      else signalling.close();
      throw error;
    }
  }

  private constructor(
    signalling: SignallingClient,
    start: StartCallResult,
    send: WebRtcTransport,
    receive: WebRtcTransport,
    times: ConnectTimes,
    options: CallerOptions,
  ) {
    this.#signalling = signalling;
    this.#options = options;
    this.start = start;
    this.#send = send;
    this.#receive = receive;
    this.times = times;
    const { socket } = signalling;
    socket.on('state', (state) => (this.#state = state));
    socket.on('turn', (turn) => this.turns.push(turn));
    socket.on('latency', (latency) => this.#latencies.set(latency.turnId, latency));
    socket.on('callEnded', (end) => (this.#end = end));
    const voiceSsrc = start.voiceTrack.rtpParameters.encodings?.[0]?.ssrc;
    receive.onRtp(({ header, payload }) => {
      if (header.ssrc !== voiceSsrc || this.#left || this.#options.loses?.('down') === true) return;
      this.#recorder.take(header, payload);
    });
  }

  get id(): string {
    return this.start.callId;
  }

  get signalling(): SignallingClient {
    return this.#signalling;
  }

  get state(): AgentState {
    return this.#state;
  }

  /** Why the call ended, as the server told it. */
  get ended(): { reason: EndReason; message: string } | undefined {
    return this.#end;
  }

  /** How well the agent's voice has come since the call began. */
  get quality(): Readonly<VoiceQuality> {
    return this.#recorder.quality;
  }

  /** Packets of clips that have not been sent yet. */
  get unsent(): number {
    return this.#queue.length;
  }

  /** Sends nothing at all while true, as a caller whose network is gone one way. */
  set muted(muted: boolean) {
    this.#muted = muted;
  }

  /** Speaks a clip at the pace of speech; resolves when its last packet has left. Clips queue. */
  async speak(clip: OpusClip): Promise<void> {
    if (this.#left) throw new Error('The caller has left.');
    await Promise.all(
      clip.packets.map(
        (packet, index) =>
          new Promise<void>((resolve) => {
            const sent = () => {
              if (index === clip.lastAudible) this.#lastSpokenAtMs = monotonicMs();
              resolve();
            };
            this.#queue.push({ packet, sent });
          }),
      ),
    );
  }

  /**
   * Sends a packet of anybody's making under the call's keys, out of turn. Its sequence number follows the microphone's
   * unless given.
   */
  sendRaw(
    payload: Buffer,
    header: { payloadType?: number; ssrc?: number; sequenceNumber?: number } = {},
  ): void {
    const { ssrc, sequence, timestamp } = this.#rtp;
    if (header.ssrc === undefined && header.sequenceNumber === undefined)
      this.#rtp.sequence = (sequence + 1) & 0xffff;
    this.#send.send(
      {
        marker: false,
        payloadType: header.payloadType ?? MICROPHONE_PAYLOAD_TYPE,
        sequenceNumber: header.sequenceNumber ?? sequence,
        timestamp,
        ssrc: header.ssrc ?? ssrc,
      },
      payload,
    );
    if (header.ssrc === undefined) this.#rtp.timestamp = (timestamp + FRAME_TICKS) >>> 0;
  }

  /** Connects again after the signalling connection broke, and takes the call up. Rejects when the server refuses. */
  async takeUpAgain(): Promise<void> {
    const { callId, resumption } = this.start;
    await this.#signalling.reconnect();
    await this.#signalling.request('resumeCall', { callId, secret: resumption?.secret ?? '' });
  }

  /** Types in place of speaking. */
  async say(text: string): Promise<void> {
    this.#lastSpokenAtMs = undefined;
    await this.#signalling.request('say', { text });
  }

  /** The next answer that is over, with all the sound that has come since the one before. */
  async waitForAnswer(limitMs = 20_000): Promise<HeardAnswer> {
    const turn = await until(
      'an answer of the agent',
      () => {
        const over = this.turns.find(
          ({ speaker, final, turnId }) => speaker === 'agent' && final && !this.#answered.has(turnId),
        );
        // A last answer and the end of the call may come together.
        if (over === undefined && this.#end)
          throw new Error(`The call ended while an answer was awaited: ${this.#end.reason}`);
        return over;
      },
      limitMs,
    );
    this.#answered.add(turn.turnId);
    // What left the server last is still on its way.
    await until('the sound of the answer is over', () => {
      const { lastArrivalMs } = this.#recorder;
      return lastArrivalMs === undefined || monotonicMs() - lastArrivalMs > 60;
    });
    return this.#answerOf(turn, this.#recorder.takeFrames());
  }

  /** Where the time of each answer went, as the server tells it, by the agent's turn. */
  get latencies(): ReadonlyMap<number, TurnLatency> {
    return this.#latencies;
  }

  /** What was last understood of the caller. */
  get understood(): string | undefined {
    return this.turns.findLast(({ speaker, final }) => speaker === 'caller' && final)?.text;
  }

  /** Sound of the agent's that came since the last answer was taken; takes it. */
  takeFrames(): HeardFrame[] {
    return this.#recorder.takeFrames();
  }

  /** Resolves when the server has ended the call, with its words. */
  waitForEnd(limitMs = 30_000): Promise<{ reason: EndReason; message: string }> {
    return until('the call has ended', () => this.#end, limitMs);
  }

  /** Leaves and frees everything on this side; with `vanish` once the server has given the call up. Idempotent. */
  async leave(manner: LeavingManner = 'end'): Promise<void> {
    if (this.#left) return;
    this.#left = true;
    this.#stopMicrophone();
    if (manner === 'end' && this.#end === undefined && this.#signalling.socket.connected)
      await this.#signalling.request('endCall', {});
    await Promise.all([this.#send.close(), this.#receive.close()]);
    this.#recorder.close();
    try {
      if (manner === 'vanish') await this.waitForEnd();
    } finally {
      this.#signalling.close();
    }
  }

  async #connect(): Promise<void> {
    const { ssrc } = this.#rtp;
    await Promise.all([
      this.#signalling.request('connectMedia', {
        direction: 'send',
        dtlsParameters: this.#send.dtlsParameters,
      }),
      this.#signalling.request('connectMedia', {
        direction: 'receive',
        dtlsParameters: this.#receive.dtlsParameters,
      }),
      this.#signalling.request('sendMicrophone', { rtpParameters: microphoneParameters(ssrc) }),
      this.#send.connect().then(() => {
        this.#stopMicrophone = frameClock.add((frames) => this.#sendFrames(frames));
      }),
      this.#receive.connect(),
    ]);
  }

  #sendFrames(frames: number): void {
    for (let frame = 0; frame < frames; frame++) {
      const next = this.#queue.shift();
      const packet =
        next?.packet ?? this.#options.microphone?.() ?? quietPackets[this.#quiet++ % quietPackets.length];
      const { ssrc, sequence, timestamp } = this.#rtp;
      if (packet !== undefined && !this.#muted) {
        const header = { marker: false, payloadType: MICROPHONE_PAYLOAD_TYPE, timestamp, ssrc };
        if (this.#options.loses?.('up') !== true)
          this.#send.send({ ...header, sequenceNumber: sequence }, packet);
        this.#rtp.sequence = (sequence + 1) & 0xffff;
      }
      this.#rtp.timestamp = (timestamp + FRAME_TICKS) >>> 0;
      next?.sent();
    }
  }

  #answerOf(turn: TurnUpdate, frames: HeardFrame[]): HeardAnswer {
    const firstAudibleAtMs = frames.find(({ audible }) => audible)?.arrivedAtMs;
    const spoken = this.#lastSpokenAtMs;
    const samples = new Int16Array(frames.reduce((total, frame) => total + frame.samples.length, 0));
    let at = 0;
    for (const frame of frames) {
      samples.set(frame.samples, at);
      at += frame.samples.length;
    }
    return {
      turnId: turn.turnId,
      text: turn.text,
      heardCharacters: turn.heardCharacters,
      latency: this.#latencies.get(turn.turnId),
      samples,
      firstAudibleAtMs,
      mouthToEarMs:
        firstAudibleAtMs === undefined || spoken === undefined ? undefined : firstAudibleAtMs - spoken,
    };
  }
}

/** One Opus stream as a browser describes its microphone, without the header extensions. */
function microphoneParameters(ssrc: number) {
  return {
    codecs: [
      {
        mimeType: 'audio/opus',
        payloadType: MICROPHONE_PAYLOAD_TYPE,
        clockRate: 48_000,
        channels: 2,
        parameters: { useinbandfec: 1, minptime: 10 },
        rtcpFeedback: [],
      },
    ],
    encodings: [{ ssrc }],
    rtcp: { cname: `caller-${ssrc}` },
  };
}
