/** Speech that waits to be played: segments in the order of their first sound, cut into frames without gaps. */

/** A stretch of speech that is played and reported as one, such as a clause. */
export interface Segment {
  readonly id: number;
  /** Samples that were given, and that have left. */
  given: number;
  sent: number;
  /** Nothing more is given. */
  last: boolean;
  /** Its start has been reported, and its progress when. */
  started: boolean;
  reportedAtMs: number;
}

/** What of a segment is in a frame. */
export interface Span {
  segment: Segment;
  /** Where it lies in the frame. */
  start: number;
  samples: number;
}

interface Waiting extends Segment {
  chunks: Int16Array[];
  /** Samples taken from the first chunk. */
  offset: number;
  /** Samples of all chunks that were not taken yet. */
  waiting: number;
}

export class SegmentQueue {
  readonly #maxSamples: number;
  #segments: Waiting[] = [];
  #waiting = 0;

  /** @param maxSamples that may wait. */
  constructor(maxSamples: number) {
    this.#maxSamples = maxSamples;
  }

  get empty(): boolean {
    return this.#segments.length === 0;
  }

  /** Adds sound to a segment, the end of the segment in any case; false when the sound was too much or comes too late. */
  add(id: number, samples: Int16Array, last: boolean, nowMs: number): boolean {
    let segment = this.#segments.find((known) => known.id === id);
    if (!segment) {
      const position = { given: 0, sent: 0, last: false, started: false, reportedAtMs: nowMs };
      segment = { id, ...position, chunks: [], offset: 0, waiting: 0 };
      this.#segments.push(segment);
    }
    const accepted = !segment.last && this.#waiting + samples.length <= this.#maxSamples;
    if (accepted && samples.length > 0) {
      segment.chunks.push(samples);
      segment.waiting += samples.length;
      segment.given += samples.length;
      this.#waiting += samples.length;
    }
    segment.last ||= last;
    return accepted;
  }

  /** Fills a frame as far as there is something; the end of a segment is followed by the next one without a gap. */
  take(frame: Int16Array): Span[] {
    const spans: Span[] = [];
    let filled = 0;
    for (const segment of this.#segments) {
      const wanted = frame.length - filled;
      // A segment that goes on waits until it can fill the frame: half a frame of silence would tear a word.
      if (wanted === 0 || (!segment.last && segment.waiting < wanted)) break;
      const samples = Math.min(wanted, segment.waiting);
      if (samples > 0) {
        this.#copy(segment, frame.subarray(filled, filled + samples));
        spans.push({ segment, start: filled, samples });
        filled += samples;
      }
      if (!segment.last) break;
    }
    return spans;
  }

  /** Takes out the first segment if all of it has left. */
  finish(): Segment | undefined {
    const first = this.#segments[0];
    return first?.last && first.sent === first.given ? this.#segments.shift() : undefined;
  }

  /** Takes out everything. */
  clear(): Segment[] {
    const segments = this.#segments;
    this.#segments = [];
    this.#waiting = 0;
    return segments;
  }

  #copy(segment: Waiting, target: Int16Array): void {
    for (let at = 0; at < target.length;) {
      const chunk = segment.chunks[0];
      if (!chunk) break;
      const step = Math.min(target.length - at, chunk.length - segment.offset);
      target.set(chunk.subarray(segment.offset, segment.offset + step), at);
      at += step;
      segment.offset += step;
      if (segment.offset === chunk.length) {
        segment.chunks.shift();
        segment.offset = 0;
      }
    }
    segment.waiting -= target.length;
    this.#waiting -= target.length;
  }
}
