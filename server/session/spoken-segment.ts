/**
 * One answer on its way to the caller's ear: its clauses with the times of their words, and how much of it has left.
 * From the two follows what the caller heard.
 */
import type { SpeechChunk, SpokenWord } from '../engines/engine-types.js';
import type { PlayoutEvent } from '../media/media-types.js';
import type { SpeakableText } from './speakable-text.js';

interface Clause {
  text: SpeakableText;
  /** Sample of the segment at which it begins. */
  start: number;
  end: number;
  /** Times relative to `start`. */
  words: SpokenWord[];
}

/** What becomes of a segment: it left in full, or was stopped. */
export type SegmentEnd = 'finished' | 'stopped';

export class SpokenSegment {
  readonly id: number;
  readonly #play: (samples: Int16Array, last: boolean) => void;
  /** Sound that is not to be heard yet; `undefined` once it is. */
  #held: { samples: Int16Array; last: boolean }[] | undefined = [];
  readonly #clauses: Clause[] = [];
  #queued = 0;
  #played = 0;
  #closed = false;
  #ended: SegmentEnd | undefined;
  #startedAtMs: number | undefined;
  readonly #waiting = new Set<() => void>();

  /** @param play gives sound to the media thread; not called before {@link release}. */
  constructor(id: number, play: (samples: Int16Array, last: boolean) => void) {
    this.id = id;
    this.#play = play;
  }

  /** Whether some of it can be heard and not all has left. */
  get audible(): boolean {
    return this.#startedAtMs !== undefined && this.#ended === undefined;
  }

  /** When its first audible packet left, monotonic ms. */
  get startedAtMs(): number | undefined {
    return this.#startedAtMs;
  }

  get ended(): SegmentEnd | undefined {
    return this.#ended;
  }

  /** Begins the next clause; its sound follows through {@link add}. */
  beginClause(text: SpeakableText): void {
    this.#clauses.push({ text, start: this.#queued, end: this.#queued, words: [] });
  }

  /** Plays sound of the clause begun last. */
  add(chunk: SpeechChunk): void {
    const clause = this.#clauses.at(-1);
    if (clause === undefined || this.#closed || this.#ended !== undefined) return;
    this.#queued += chunk.samples.length;
    clause.end = this.#queued;
    clause.words.push(...chunk.words);
    this.#give(chunk.samples, false);
  }

  /** No more clauses come. */
  close(): void {
    if (this.#closed || this.#ended !== undefined) return;
    this.#closed = true;
    this.#give(new Int16Array(0), true);
  }

  /** Lets everything be heard that was added, and what comes from now on as it comes. Idempotent. */
  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const { samples, last } of held) this.#play(samples, last);
  }

  /** Takes news of this segment from the media thread. */
  handle(event: PlayoutEvent): void {
    switch (event.type) {
      case 'started':
        // An answer without a word begins and ends in the same moment; it was never heard.
        if (this.#queued > 0) this.#startedAtMs ??= event.atMs;
        break;
      case 'progress':
        this.#played = event.samples;
        break;
      case 'finished':
      case 'stopped':
        this.#played = event.samples;
        this.#ended ??= event.type;
        break;
    }
    for (const wake of [...this.#waiting]) wake();
  }

  /** How long what was added still lasts, ms: by then the next clause must be there. */
  unplayedMs(sampleRateHz: number): number {
    return ((this.#queued - this.#played) / sampleRateHz) * 1000;
  }

  /** Resolves when another clause may be synthesised: when no more than `clausesAhead` are ready or playing. */
  room(clausesAhead: number, signal: AbortSignal): Promise<void> {
    return this.#until(
      () => this.#clauses.filter((clause) => clause.end > this.#played).length <= clausesAhead,
      signal,
    );
  }

  /** Resolves with the monotonic time at which the first audible packet left, or `undefined` when none did. */
  async started(signal: AbortSignal): Promise<number | undefined> {
    await this.#until(() => this.#startedAtMs !== undefined || this.#ended !== undefined, signal);
    return this.#startedAtMs;
  }

  /** Resolves when all of it has left or it was stopped. */
  async end(signal: AbortSignal): Promise<SegmentEnd> {
    await this.#until(() => this.#ended !== undefined, signal);
    return this.#ended ?? 'stopped';
  }

  /** All that was to be said, as written. */
  get text(): string {
    return joinText(this.#clauses.map((clause) => clause.text.written));
  }

  /**
   * What the caller heard, as written, cut after the last word of which at least half was played.
   * @param delayMs time between leaving the server and the ear that is not over yet for what left last.
   */
  heard(sampleRateHz: number, delayMs: number): string {
    const position =
      this.#ended === 'finished' ? this.#queued : this.#played - (delayMs * sampleRateHz) / 1000;
    const parts: string[] = [];
    for (const clause of this.#clauses) {
      const within = position - clause.start;
      if (position >= clause.end && clause.end > clause.start) {
        parts.push(clause.text.written);
        continue;
      }
      const words = clause.words.filter((word) => (word.startSample + word.endSample) / 2 <= within).length;
      parts.push(writtenPrefix(clause.text, words));
      break;
    }
    return joinText(parts);
  }

  #give(samples: Int16Array, last: boolean): void {
    if (this.#held === undefined) this.#play(samples, last);
    else this.#held.push({ samples, last });
  }

  async #until(condition: () => boolean, signal: AbortSignal): Promise<void> {
    while (!condition()) {
      signal.throwIfAborted();
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#waiting.delete(wake);
          signal.removeEventListener('abort', wake);
          resolve();
        };
        this.#waiting.add(wake);
        signal.addEventListener('abort', wake, { once: true });
      });
    }
  }
}

/** The written text of the first `words` spoken words; a part that is only half spoken is left out. */
function writtenPrefix(text: SpeakableText, words: number): string {
  let left = words;
  let written = '';
  for (const part of text.parts) {
    const count = part.spoken.split(/\s+/).filter((word) => word !== '').length;
    if (count > left) break;
    left -= count;
    written += (written === '' ? '' : ' ') + part.written;
  }
  return written;
}

function joinText(parts: string[]): string {
  return parts.filter((part) => part !== '').join(' ');
}
