/** One clock for all callers of a process: a tick every 20 ms, by absolute deadlines on the monotonic clock. */
import { monotonicMs } from '../../server/media/media-types.js';

export const FRAME_MS = 20;

/** Frames sent at once after the process was held up; what is older is left out, as a sound card would. */
const MOST_AT_ONCE = 5;

type Tick = (frames: number) => void;

export class FrameClock {
  readonly #ticks = new Set<Tick>();
  #timer: NodeJS.Timeout | undefined;
  #nextAtMs = 0;
  /** The latest a frame has been, ms: how far to trust what this process says of the server's punctuality. */
  worstLatenessMs = 0;
  /** Frames that were not sent because the process was held up. */
  skipped = 0;

  /** Calls `tick` with the number of frames that are due until the answer is called. */
  add(tick: Tick): () => void {
    this.#ticks.add(tick);
    if (this.#timer === undefined) {
      this.#nextAtMs = monotonicMs() + FRAME_MS;
      this.#wait();
    }
    return () => {
      this.#ticks.delete(tick);
      if (this.#ticks.size > 0) return;
      clearTimeout(this.#timer);
      this.#timer = undefined;
    };
  }

  #wait(): void {
    // A timer may be early by a fraction of a millisecond; the deadline decides.
    this.#timer = setTimeout(() => this.#run(), Math.max(0, Math.ceil(this.#nextAtMs - monotonicMs())));
  }

  #run(): void {
    const lateMs = monotonicMs() - this.#nextAtMs;
    this.worstLatenessMs = Math.max(this.worstLatenessMs, lateMs);
    const due = Math.floor(Math.max(0, lateMs) / FRAME_MS) + 1;
    const frames = Math.min(due, MOST_AT_ONCE);
    this.skipped += due - frames;
    this.#nextAtMs += due * FRAME_MS;
    for (const tick of [...this.#ticks]) tick(frames);
    if (this.#ticks.size > 0) this.#wait();
    else this.#timer = undefined;
  }
}

/** The clock of this process. */
export const frameClock = new FrameClock();
