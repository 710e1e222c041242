/** What a recognition model does inside its thread; the same for all that run by steps. */

/** A model that is loaded. */
export interface SpeechModel {
  open(): SpeechStream;
  close(): Promise<void>;
}

/** One stretch of speech. */
export interface SpeechStream {
  /** Takes the next sound: 16 kHz, in [-1, 1]. */
  push(samples: Float32Array): Promise<void>;
  /**
   * The words of the sound so far. More sound may come afterwards, also after final words.
   * @param final all of the sound counts; otherwise its end may be left out where the model wants to hear on.
   * @param signal looked at between two runs of the model; the stream stays usable.
   */
  words(final: boolean, signal: AbortSignal): Promise<string>;
}
