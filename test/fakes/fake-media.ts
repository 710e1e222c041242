/** A caller's media without a network: plays as told, in as much time as a test grants. */
import type { CallMediaEvents } from '../../server/media/call-media.js';
import { monotonicMs, type HeardWindow } from '../../server/media/media-types.js';
import type { SessionMedia } from '../../server/session/session.js';

interface Queued {
  segmentId: number;
  samples: number;
  last: boolean;
}

export class FakeMedia implements SessionMedia {
  /** Everything given to `play`, in order. */
  readonly played: Queued[] = [];
  closed = false;
  volume = 1;
  held = false;
  #events: CallMediaEvents | undefined;
  #queue: Queued[] = [];
  #position = new Map<number, number>();
  #window = 0;

  listen(events: CallMediaEvents): void {
    this.#events = events;
  }

  get events(): CallMediaEvents {
    if (this.#events === undefined) throw new Error('Nobody listens.');
    return this.#events;
  }

  play(segmentId: number, samples: Int16Array, last: boolean): void {
    const entry = { segmentId, samples: samples.length, last };
    this.played.push(entry);
    this.#queue.push(entry);
  }

  stopPlayout(): void {
    const stopped = new Set([...this.#queue.map((entry) => entry.segmentId), ...this.#position.keys()]);
    this.#queue = [];
    for (const segmentId of stopped) {
      const samples = this.#position.get(segmentId) ?? 0;
      this.#position.delete(segmentId);
      // The media thread's word comes a little later, too.
      const event = { type: 'stopped', sessionId: 'fake', segmentId, samples, atMs: monotonicMs() } as const;
      setImmediate(() => this.#events?.playout(event));
    }
  }

  gain(gain: number): void {
    this.volume = gain;
  }

  hold(held: boolean): void {
    this.held = held;
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }

  /** Samples that wait to be played. */
  get waiting(): number {
    return this.#queue.reduce((total, entry) => total + entry.samples, 0);
  }

  /** Whether the segment whose sound came last is complete. */
  get complete(): boolean {
    return this.#queue.at(-1)?.last ?? false;
  }

  /** Lets so many samples leave; all that wait when not given; none while held. */
  advance(samples = Infinity): void {
    if (this.held) return;
    let left = samples;
    for (let entry = this.#queue[0]; entry !== undefined; entry = this.#queue[0]) {
      const { segmentId } = entry;
      const take = Math.min(left, entry.samples);
      const before = this.#position.get(segmentId);
      const position = (before ?? 0) + take;
      this.#position.set(segmentId, position);
      const at = { sessionId: 'fake', segmentId, atMs: monotonicMs() };
      if (before === undefined && take > 0) this.events.playout({ type: 'started', ...at });
      if (take > 0) this.events.playout({ type: 'progress', samples: position, ...at });
      entry.samples -= take;
      left -= take;
      if (entry.samples > 0) return;
      this.#queue.shift();
      if (entry.last) {
        this.#position.delete(segmentId);
        this.events.playout({ type: 'finished', samples: position, ...at });
      }
      if (left <= 0 && this.#queue[0]?.samples !== 0) return;
    }
  }

  /** The caller makes sound or none for so long. */
  hear(voiced: boolean, ms: number): void {
    for (let heard = 0; heard < ms; heard += 32) {
      const window: HeardWindow = {
        sessionId: 'fake',
        position: this.#window++ * 512,
        receivedAtMs: monotonicMs(),
        probability: voiced ? 0.9 : 0.05,
        voiced,
        concealed: 0,
        samples: new Int16Array(512),
      };
      this.events.heard(window);
    }
  }
}
