/** Runs voice activity detection over the windows of all callers of a thread, many in one run of the model. */
import { VAD_WINDOW_SAMPLES, type VadWindow, type VoiceActivityDetector } from '../engines/engine-types.js';
import type { CallerStream } from './caller-stream.js';
import type { EarWindow } from './ear.js';
import type { MediaCounts } from './media-counting.js';
import type { HeardWindow } from './media-types.js';
import { toFloat } from './pcm.js';

/** Windows in one run at most: about a millisecond of work, during which the thread does nothing else. */
const MAX_BATCH = 16;
/** Windows of one caller that may wait, about two seconds. */
const MAX_WAITING = 64;

export class HeardBatch {
  readonly #vad: VoiceActivityDetector;
  readonly #counts: MediaCounts;
  readonly #onHeard: (windows: HeardWindow[]) => void;
  readonly #waiting = new Map<CallerStream, EarWindow[]>();
  readonly #floats = Array.from({ length: MAX_BATCH }, () => new Float32Array(VAD_WINDOW_SAMPLES));
  readonly #later: [CallerStream, EarWindow[]][] = [];
  #running: Promise<void> | undefined;
  #closed = false;

  /** @param onHeard called with the windows of one run, each caller's at most once. */
  constructor(vad: VoiceActivityDetector, counts: MediaCounts, onHeard: (windows: HeardWindow[]) => void) {
    this.#vad = vad;
    this.#counts = counts;
    this.#onHeard = onHeard;
  }

  /** Takes a window; the run begins after the thread has seen to everything else that is due. */
  add(stream: CallerStream, window: EarWindow): void {
    if (this.#closed) return;
    let windows = this.#waiting.get(stream);
    if (!windows) this.#waiting.set(stream, (windows = []));
    windows.push(window);
    if (windows.length > MAX_WAITING) {
      windows.shift();
      this.#counts.dropped.overflow++;
    }
    this.#running ??= this.#run().finally(() => (this.#running = undefined));
  }

  /** Forgets a caller's windows. */
  remove(stream: CallerStream): void {
    this.#waiting.delete(stream);
  }

  /** Takes nothing more; resolves when the model is no longer used. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#waiting.clear();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#waiting.size > 0) {
      // Packets that are due go first.
      await new Promise(setImmediate);
      const streams: CallerStream[] = [];
      const windows: EarWindow[] = [];
      const batch: VadWindow[] = [];
      for (const [stream, waiting] of this.#waiting) {
        const window = waiting.shift();
        // Back to the end of the line, so that nobody is passed over when there are more than fit.
        this.#waiting.delete(stream);
        if (waiting.length > 0) this.#later.push([stream, waiting]);
        const samples = this.#floats[batch.length];
        if (!window || !samples) continue;
        toFloat(window.samples, samples);
        streams.push(stream);
        windows.push(window);
        batch.push({ state: stream.vadState, samples });
        if (batch.length === MAX_BATCH) break;
      }
      for (const [stream, waiting] of this.#later.splice(0)) this.#waiting.set(stream, waiting);
      if (batch.length === 0) continue;

      const probabilities = await this.#vad.probabilities(batch);
      const heard: HeardWindow[] = [];
      for (const [i, stream] of streams.entries()) {
        const window = windows[i];
        if (!window || stream.closed) continue;
        const probability = probabilities[i] ?? 0;
        heard.push({
          sessionId: stream.sessionId,
          ...window,
          probability,
          voiced: stream.voiced(window, probability),
        });
      }
      if (heard.length > 0) this.#onHeard(heard);
    }
  }
}
