/** What came of the agent's voice in one call, on the clock of this machine. */
import type { HeardFrame } from '../../callers/voice-recorder.js';

const RATE_HZ = 16_000;
const FRAME_MS = 20;
/** A silence of this length does not come within a word, ms. */
const HELD_MS = 160;

export class Recording {
  readonly #frames: HeardFrame[] = [];

  add(frame: HeardFrame): void {
    this.#frames.push(frame);
  }

  /** Arrival of the first audible frame after a moment, monotonic ms. */
  firstAudible(afterMs: number, beforeMs = Infinity): number | undefined {
    return this.#frames.find(
      ({ audible, arrivedAtMs }) => audible && arrivedAtMs > afterMs && arrivedAtMs < beforeMs,
    )?.arrivedAtMs;
  }

  /** Arrival of the last audible frame before a moment. */
  lastAudible(beforeMs = Infinity): number | undefined {
    return this.#frames.findLast(({ audible, arrivedAtMs }) => audible && arrivedAtMs < beforeMs)
      ?.arrivedAtMs;
  }

  /** Longest stretch without an audible frame between two moments, ms. */
  longestSilence(fromMs: number, toMs: number): number {
    let last = fromMs;
    let longest = 0;
    for (const { audible, arrivedAtMs } of this.#frames) {
      if (!audible || arrivedAtMs < fromMs) continue;
      longest = Math.max(longest, Math.min(toMs, arrivedAtMs) - last);
      last = arrivedAtMs;
      if (last >= toMs) break;
    }
    return Math.max(longest, toMs - last);
  }

  /**
   * The sound of so many ms at most up to the frame that came at a moment, as it came: frames that were lost are silence.
   * Begins after the last stretch in which the voice was held.
   */
  soundUpTo(endMs: number, mostMs: number): Int16Array {
    let startMs = endMs;
    for (const { arrivedAtMs, audible } of this.#frames.toReversed()) {
      if (!audible || arrivedAtMs >= startMs) continue;
      if (startMs - arrivedAtMs > HELD_MS || endMs - arrivedAtMs > mostMs) break;
      startMs = arrivedAtMs;
    }
    const frames = Math.round((endMs - startMs) / FRAME_MS) + 1;
    const samples = new Int16Array((frames * FRAME_MS * RATE_HZ) / 1000);
    for (const { arrivedAtMs, samples: sound } of this.#frames) {
      const back = Math.round((endMs - arrivedAtMs) / FRAME_MS);
      const at = samples.length - ((back + 1) * FRAME_MS * RATE_HZ) / 1000;
      if (back >= 0 && at >= 0) samples.set(sound.subarray(0, samples.length - at), at);
    }
    return samples;
  }
}
