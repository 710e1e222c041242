/** What a synthesis model does inside its thread. */
import type { SpeakingRateHz, SpeechChunk } from '../engine-types.js';

/** A model that is loaded. */
export interface VoiceModel {
  readonly sampleRateHz: SpeakingRateHz;
  /** Names of its voices, its default first. */
  readonly voices: readonly string[];
  /**
   * Speaks one clause, in one chunk or as it is made.
   * @param signal looked at between two runs of the model.
   */
  speak(text: string, voice: string, signal: AbortSignal): AsyncIterable<SpeechChunk>;
  close(): Promise<void>;
}
