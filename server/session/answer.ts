/**
 * An answer from its first thought to the last word heard. It begins as a draft, made while the caller may still go on:
 * nothing of a draft is heard, kept or acted upon before `commit`.
 */
import { Priority } from '../engines/engine-types.js';
import type { ReplyDelta, SpeechSynthesizer, Tool, ToolCall } from '../engines/engine-types.js';
import { deferred } from '../engines/deferred.js';
import { unlessAborted } from '../engines/turnstile.js';
import { TurnMarks } from '../observability/turn-latency.js';
import { Interjection } from './interjection.js';
import { speakReply, type ReplyOutcome } from './reply.js';
import { SpokenSegment } from './spoken-segment.js';

/** What is said while a function takes its time. */
export interface Filler {
  text: string;
  /** So long after the call, ms. */
  afterMs: number;
}

export interface AnswerParts {
  turnId: number;
  filler: Filler;
  synthesizer: SpeechSynthesizer;
  voice: string;
  /** Gives sound to the media thread. */
  play(samples: Int16Array, last: boolean): void;
  /** The text of the answer, as it comes; `answer` for what depends on it, such as its tools. */
  deltas(answer: Answer, signal: AbortSignal): AsyncIterable<ReplyDelta>;
  /** Clauses that may be ready or playing when the next one is begun. */
  clausesAhead(): number;
  /** The text so far of an answer that is committed. */
  onText(text: string): void;
  /** The first audible packet has left. */
  onStarted(): void;
}

export class Answer {
  readonly turnId: number;
  readonly segment: SpokenSegment;
  readonly marks = new TurnMarks();
  /** Calls that were made in it. */
  readonly calls: ToolCall[] = [];
  /** What became of it. Never rejects. */
  readonly outcome: Promise<ReplyOutcome>;
  readonly #abort = new AbortController();
  readonly #committed = deferred<void>();
  readonly #onText: (text: string) => void;
  readonly #filler: Filler;
  readonly #interjection = new Interjection();
  #isCommitted = false;

  /** @param signal the session's. */
  constructor(parts: AnswerParts, signal: AbortSignal) {
    this.turnId = parts.turnId;
    this.#filler = parts.filler;
    this.#onText = (text) => parts.onText(text);
    this.segment = new SpokenSegment(parts.turnId, (samples, last) => parts.play(samples, last));
    const joined = AbortSignal.any([signal, this.#abort.signal]);
    this.outcome = speakReply(
      {
        deltas: this.#interjection.into(parts.deltas(this, joined)),
        synthesizer: parts.synthesizer,
        voice: parts.voice,
        segment: this.segment,
        marks: this.marks,
        firstPriority: () => (this.#isCommitted ? Priority.waiting : Priority.draft),
        clausesAhead: () => parts.clausesAhead(),
        onText: (text) => {
          if (this.#isCommitted) this.#onText(text);
        },
        onCall: (call) => this.calls.push(call),
        onStarted: () => parts.onStarted(),
      },
      joined,
    );
  }

  get committed(): boolean {
    return this.#isCommitted;
  }

  /** Resolves at the commit. */
  get whenCommitted(): Promise<void> {
    return this.#committed.promise;
  }

  /** The turn is over and the words are the ones that it answers: from now on it may be heard. */
  commit(): void {
    if (this.#isCommitted) return;
    this.#isCommitted = true;
    this.#committed.resolve();
    this.segment.release();
    if (this.segment.text !== '') this.#onText(this.segment.text);
  }

  /** Ends it wherever it is. */
  abort(): void {
    this.#abort.abort();
  }

  /** The same tools, which wait for the commit before they do anything, and have words said while they take long. */
  gate(tools: readonly Tool[]): Tool[] {
    return tools.map((tool) => ({
      ...tool,
      run: async (args, signal) => {
        signal.throwIfAborted();
        await unlessAborted(this.#committed.promise, signal);
        const { text, afterMs } = this.#filler;
        const slow = setTimeout(() => text !== '' && this.#interjection.say(text), afterMs);
        try {
          return await tool.run(args, signal);
        } finally {
          clearTimeout(slow);
        }
      },
    }));
  }
}
