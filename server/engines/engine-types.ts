/**
 * The interfaces between a call and the models. An engine is built once, warmed before the first caller and shared
 * by all of them; what belongs to one caller is a handle that the engine opens and the session closes.
 *
 * Audio everywhere is mono signed 16-bit PCM. A `signal` is always the last parameter: when it aborts, the call
 * rejects with the signal's reason (an `AbortError`) and whatever waits in a queue for it is removed.
 */

/** Sample rate of everything that is heard: VAD, end of turn, recognition. */
export const HEARING_RATE_HZ = 16_000;

/** Samples in one VAD window: 32 ms at {@link HEARING_RATE_HZ}. */
export const VAD_WINDOW_SAMPLES = 512;

/** What every engine has. */
export interface Engine {
  /** Name for logs and metrics, such as `pocketsphinx`. */
  readonly name: string;
  /** Runs one real request through the model, so that the first caller does not pay for first-use costs. */
  warm(signal: AbortSignal): Promise<void>;
  /** Stops threads and processes and frees the model. Idempotent; waits for the run in progress. */
  close(): Promise<void>;
}

/**
 * How long after the request the caller would notice that the result is not there, ms. Every engine serves the request
 * with the earliest deadline first; equal ones in order of arrival.
 */
export type Priority = number;
export const Priority = {
  /** The final words of a turn, the first clause of an answer: a caller is waiting in silence. */
  waiting: 0,
  /** The first clause of a draft: the caller's turn may be over in a moment. */
  draft: 100,
  /** Work that nobody waits for. */
  spare: 2000,
} as const;

// ---------------------------------------------------------------- voice activity

/** Recurrent state of one caller's voice activity detection. Owned by the session, opaque to it. */
export interface VadState {
  /** Back to the state of a new stream. */
  reset(): void;
}

/** One caller's window in a batch. */
export interface VadWindow {
  state: VadState;
  /** {@link VAD_WINDOW_SAMPLES} samples in [-1, 1] at 16 kHz. */
  samples: Float32Array;
}

/** Tells speech from everything else, for many callers in one run. Lives in the media thread. */
export interface VoiceActivityDetector extends Engine {
  open(): VadState;
  /** Speech probability (0 to 1) of each window, in order; updates each window's state. Windows must be of different states. */
  probabilities(windows: readonly VadWindow[]): Promise<Float32Array>;
}

// ---------------------------------------------------------------- end of turn

export interface EndOfTurnRequest {
  /** The caller's words of this turn as far as they are known at the beginning of the pause. */
  words: string;
  /** The conversation before this turn, oldest first. */
  history: readonly ChatMessage[];
  /** The last seconds of the caller's speech at 16 kHz, for detectors that listen. */
  speech: Int16Array;
}

/** Says how likely the caller has finished the turn. Optional: without one, the language model judges the words. */
export interface EndOfTurnDetector extends Engine {
  /** Probability (0 to 1) that the turn is complete. */
  probability(request: EndOfTurnRequest, signal: AbortSignal): Promise<number>;
}

// ---------------------------------------------------------------- recognition

/** Turns speech into words. */
export interface SpeechRecognizer extends Engine {
  /** One caller's handle; carries what is learnt of the caller's voice and channel from utterance to utterance. */
  open(): RecognizerHandle;
}

export interface RecognizerHandle {
  /**
   * Begins an utterance. Audio is accepted at once and queued until a decoder is free.
   * @param onPartial called with the words so far whenever they change, until the utterance ends; without it the work of
   *   finding them is saved.
   * @param signal ends the utterance without a result.
   */
  begin(onPartial: ((words: string) => void) | undefined, signal: AbortSignal): Utterance;
  /** Frees everything held for the caller; open utterances end without a result. Idempotent. */
  close(): Promise<void>;
}

/** One stretch of speech on its way through the recogniser. */
export interface Utterance {
  /** Adds speech at 16 kHz, any length. Never blocks. No-op after `finish`. */
  push(samples: Int16Array): void;
  /**
   * No more speech comes: the final words, lower case or cased as the model gives them, possibly empty.
   * @throws EngineFailedError when the decoder died and the retry failed too; AbortError when the signal aborted.
   */
  finish(): Promise<string>;
}

// ---------------------------------------------------------------- language model

export type ChatMessage =
  | { role: 'system'; text: string }
  | { role: 'user'; text: string }
  | { role: 'assistant'; text: string; calls?: ToolCall[] };

/** A function call of the model together with what it returned; part of the assistant's turn in which it was made. */
export interface ToolCall {
  name: string;
  arguments: unknown;
  result: unknown;
}

/** A function the model may call. */
export interface Tool {
  name: string;
  description: string;
  /** JSON schema of the arguments; `undefined` for none. */
  parameters?: Record<string, unknown>;
  /** Runs the call; the result is given back to the model as JSON. */
  run(args: unknown, signal: AbortSignal): Promise<unknown>;
}

export interface ReplyOptions {
  tools: readonly Tool[];
  /** Tokens at most. */
  maxTokens: number;
  temperature: number;
  /** Whether the answer may still be thrown away. Its prompt then waits for those of callers who wait in silence. */
  draft?: () => boolean;
}

export interface PrefillOptions extends ReplyOptions {
  /** The caller is still speaking: more may come behind the last words. */
  unfinished?: boolean;
}

/** Answers in words. One copy of the weights, one context, one sequence (KV cache) per caller. */
export interface LanguageModel extends Engine {
  /** How many callers there can be at once. */
  readonly sequences: number;
  /** Sequences that can be opened at this moment. */
  readonly free: number;
  /**
   * Takes a sequence for a caller.
   * @throws ServerFullError when none is left.
   */
  open(): LanguageModelHandle;
  /** Evaluates what most conversations begin with, once for all sequences. To be called before the first caller. */
  preload?(history: readonly ChatMessage[], options: ReplyOptions, signal: AbortSignal): Promise<void>;
}

export interface LanguageModelHandle {
  /**
   * Streams the answer to the last message of `history` as text deltas. The part of `history` that the sequence has
   * seen before is not evaluated again. One reply at a time per handle: a second call waits for the end of the first.
   */
  reply(
    history: readonly ChatMessage[],
    options: ReplyOptions,
    signal: AbortSignal,
  ): AsyncIterable<ReplyDelta>;
  /** Evaluates `history` ahead of time, so that the next reply starts sooner. */
  prefill(history: readonly ChatMessage[], options: PrefillOptions, signal: AbortSignal): Promise<void>;
  /** Probability that the caller's turn ends after `words`, or `undefined` when the model cannot tell. */
  endOfTurn(history: readonly ChatMessage[], words: string, signal: AbortSignal): Promise<number | undefined>;
  /** Gives the sequence back. Resolves when another caller can have it. Idempotent. */
  close(): Promise<void>;
}

export type ReplyDelta = { type: 'text'; text: string } | { type: 'call'; call: ToolCall };

// ---------------------------------------------------------------- synthesis

/** A sample rate that Opus codes without resampling (RFC 6716, 2.1.3). Other voices are resampled by their engine. */
export type SpeakingRateHz = 8_000 | 12_000 | 16_000 | 24_000 | 48_000;

/** Turns one clause into speech. */
export interface SpeechSynthesizer extends Engine {
  readonly sampleRateHz: SpeakingRateHz;
  /** Names of the voices, the default first. */
  readonly voices: readonly string[];
  /** Speech of one clause as it becomes available, leading and trailing silence trimmed. `voice` must be one of `voices`. */
  synthesize(
    request: { text: string; voice: string; priority: Priority },
    signal: AbortSignal,
  ): AsyncIterable<SpeechChunk>;
}

export interface SpeechChunk {
  samples: Int16Array;
  /** Words that begin in this chunk, with their place in samples from the start of the clause. */
  words: SpokenWord[];
}

export interface SpokenWord {
  /** The word as it stands in the clause's text, with its punctuation. */
  text: string;
  startSample: number;
  endSample: number;
}

/** All engines of a running server. */
export interface Engines {
  recognizer: SpeechRecognizer;
  languageModel: LanguageModel;
  synthesizer: SpeechSynthesizer;
  endOfTurn?: EndOfTurnDetector;
}
