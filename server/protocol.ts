/**
 * The signalling between page and server: socket.io events, typed once for both sides. Types only.
 *
 * Every request of the client is acknowledged with an {@link Answer}. A call belongs to the socket that started it. When that
 * breaks once the call is on, another one can take the call up for a while (`resumeCall`); until then, and where the client
 * closes it, the call ends with it. Starting takes two round trips: `startCall` brings everything that both transports need, then the two
 * `connectMedia` and `sendMicrophone` travel together.
 */
import type { types as mediasoup } from 'mediasoup';
import type { ErrorCode } from './errors.js';

/** Acknowledgement of a request. */
export type Answer<T> = { ok: true; result: T } | { ok: false; error: ProtocolError };

export interface ProtocolError {
  code: ErrorCode;
  /** A sentence for the person at the page. */
  message: string;
  /** With `serverFull`: when to try again, seconds. */
  retryAfterSeconds?: number;
}

/** What the browser needs to make one WebRTC transport. */
export interface TransportParameters {
  id: string;
  iceParameters: mediasoup.IceParameters;
  iceCandidates: mediasoup.IceCandidate[];
  dtlsParameters: mediasoup.DtlsParameters;
}

/** A function as the language model is told of it. */
export interface ToolDefinition {
  /** A letter, then letters, digits and `_`. */
  name: string;
  /** Tells the model when to call it; 500 characters at most. */
  description: string;
  /** JSON schema of the arguments, of type "object"; without one there are none. */
  parameters?: Record<string, unknown> | undefined;
}

export type ToolAnswer = { ok: true; result: unknown } | { ok: false; message: string };

export interface StartCallRequest {
  /** Instructions for the agent in place of the configured ones; 4,000 characters at most. */
  systemPrompt?: string;
  /** One of the voices in {@link StartCallResult.voices}; else the configured one. */
  voice?: string;
  /** Functions of the page that the agent may call in this call; 16 at most. */
  tools?: ToolDefinition[];
}

export interface StartCallResult {
  callId: string;
  routerRtpCapabilities: mediasoup.RtpCapabilities;
  /** For the microphone. */
  send: TransportParameters;
  /** For the agent's voice. */
  receive: TransportParameters;
  /** The agent's voice, to be consumed on `receive`. */
  voiceTrack: {
    id: string;
    producerId: string;
    kind: 'audio';
    rtpParameters: mediasoup.RtpParameters;
  };
  /** With it another connection takes the call up when this one breaks; absent where calls end with their connection. */
  resumption?: Resumption;
  /** Relays for networks that let nothing else through; often none. */
  iceServers: { urls: string[]; username: string; credential: string }[];
  voices: string[];
  /** What the page should say of the models in use. */
  models: { recognizer: string; languageModel: string; synthesizer: string; note: string };
}

export interface Resumption {
  /** Known to this page alone. */
  secret: string;
  /** How long the call goes on without a connection, ms. */
  graceMs: number;
}

export interface ResumeCallRequest {
  callId: string;
  /** {@link Resumption.secret} */
  secret: string;
}

export interface ConnectMediaRequest {
  direction: 'send' | 'receive';
  dtlsParameters: mediasoup.DtlsParameters;
}

export interface RestartIceRequest {
  direction: 'send' | 'receive';
}

export interface RestartIceResult {
  iceParameters: mediasoup.IceParameters;
}

export interface SendMicrophoneRequest {
  rtpParameters: mediasoup.RtpParameters;
}

export interface SendMicrophoneResult {
  producerId: string;
}

/** Where a caller stands who waits for a place; sent while `startCall` has not been answered, whenever it changes. */
export interface WaitingUpdate {
  /** 1 is the next. */
  position: number;
  expectedWaitSeconds: number;
}

/** Words typed in place of spoken ones; 1 to 2,000 characters. */
export interface SayRequest {
  text: string;
}

/** What the browser measures of its receiving side; sent about once a second while the agent speaks. */
export interface PlayoutReport {
  /** Mean delay of the browser's jitter buffer over the last interval, ms. */
  jitterBufferMs: number;
  /** Round trip of the media path, ms. */
  roundTripMs: number;
  /** Delay between decoder and loudspeaker where the browser tells it, ms. */
  outputMs: number;
}

export type AgentState = 'listening' | 'thinking' | 'speaking';

/** One entry of the conversation as it grows. Sent again with the same `turnId` whenever it changes. */
export interface TurnUpdate {
  /** Counts from 1 within the call; the caller's and the agent's turns each have their own. */
  turnId: number;
  speaker: 'caller' | 'agent';
  text: string;
  /** The text changes no more. */
  final: boolean;
  /** Agent only: how many characters of `text` the caller heard, when the turn was cut off. */
  heardCharacters?: number;
}

/**
 * Where the time of one answer went, ms. `voiceToVoiceMs` runs from the caller's last voiced sample entering the server
 * to the first audible sample leaving it; the parts add up to it.
 */
export interface TurnLatency {
  /** The agent's turn. */
  turnId: number;
  /** Waiting for the end of the caller's turn to be certain. */
  endpointMs: number;
  /** From that decision to the final words. */
  recognitionMs: number;
  /** From the words to the first token of the answer. */
  firstTokenMs: number;
  /** From the first token to the first complete clause. */
  firstClauseMs: number;
  /** From the clause to its first sound. */
  firstAudioMs: number;
  /** From the sound to the first audible packet. */
  pacerMs: number;
  voiceToVoiceMs: number;
  /**
   * `voiceToVoiceMs` and what network, jitter buffers and browser add. Comes in a second message with the same `turnId`,
   * when the browser has reported on this answer.
   */
  mouthToEarMs?: number;
}

/** Why a call ended. */
export type EndReason =
  | 'callerLeft'
  | 'agentEnded'
  | 'connectTimeout'
  | 'connectionLost'
  | 'mediaLost'
  | 'mediaFailed'
  | 'engineFailed'
  | 'silence'
  | 'timeLimit'
  | 'serverShutdown';

export interface ClientToServerEvents {
  startCall(request: StartCallRequest, answer: (answer: Answer<StartCallResult>) => void): void;
  /**
   * Takes a call up whose connection broke. The conversation so far, its latest entries, and the state are told anew; the
   * connection from before, if it is still there, is closed.
   */
  resumeCall(request: ResumeCallRequest, answer: (answer: Answer<null>) => void): void;
  connectMedia(request: ConnectMediaRequest, answer: (answer: Answer<null>) => void): void;
  /** The browser's network has changed: new ICE parameters for one transport. */
  restartIce(request: RestartIceRequest, answer: (answer: Answer<RestartIceResult>) => void): void;
  sendMicrophone(
    request: SendMicrophoneRequest,
    answer: (answer: Answer<SendMicrophoneResult>) => void,
  ): void;
  say(request: SayRequest, answer: (answer: Answer<null>) => void): void;
  reportPlayout(request: PlayoutReport, answer: (answer: Answer<null>) => void): void;
  endCall(request: Record<string, never>, answer: (answer: Answer<null>) => void): void;
}

export interface ServerToClientEvents {
  waiting(update: WaitingUpdate): void;
  /** The caller can speak: both transports are up and the ear hears the microphone. */
  ready(): void;
  state(state: AgentState): void;
  turn(update: TurnUpdate): void;
  latency(latency: TurnLatency): void;
  /** The agent calls a function of the page, which answers with the result as JSON or with why there is none. */
  callTool(call: { name: string; arguments: unknown }, answer: (answer: ToolAnswer) => void): void;
  /** The server is going down: the call may go on for so long, ms. */
  draining(notice: { endsInMs: number }): void;
  callEnded(end: { reason: EndReason; message: string }): void;
}
