/**
 * One answer: text deltas → clauses → speech → playout, under one signal. Ends as an outcome; aborts are caught here and
 * nowhere else.
 */
import {
  type Priority,
  type ReplyDelta,
  type SpeechSynthesizer,
  type ToolCall,
} from '../engines/engine-types.js';
import { isAbort } from '../errors.js';
import { monotonicMs } from '../media/media-types.js';
import type { TurnMarks } from '../observability/turn-latency.js';
import { splitClauses } from './clauses.js';
import { speakable } from './speakable-text.js';
import type { SpokenSegment } from './spoken-segment.js';

export type ReplyOutcome =
  /** All of it left the server. */
  | { type: 'spoken' }
  /** The signal aborted, or playout was stopped: the caller spoke, or the call is over. */
  | { type: 'interrupted' }
  | { type: 'failed'; error: unknown };

export interface ReplyParts {
  /** The text of the answer as it comes. */
  deltas: AsyncIterable<ReplyDelta>;
  synthesizer: SpeechSynthesizer;
  voice: string;
  segment: SpokenSegment;
  marks: TurnMarks;
  /** How urgent the first clause is at the moment in which it is asked for. */
  firstPriority(): Priority;
  /** Clauses that may be ready or playing when the next one is begun. */
  clausesAhead(): number;
  /** Called with the text so far whenever a clause is complete. */
  onText(text: string): void;
  onCall(call: ToolCall): void;
  /** Called when the first audible packet has left. */
  onStarted(): void;
}

/** Speaks an answer and resolves when the last of it has left the server. Never rejects. */
export async function speakReply(parts: ReplyParts, signal: AbortSignal): Promise<ReplyOutcome> {
  const { segment } = parts;
  const failure = new AbortController();
  const both = AbortSignal.any([signal, failure.signal]);
  try {
    const started = segment.started(both).then((atMs) => {
      if (atMs === undefined) return;
      parts.marks.set('firstPacket', atMs);
      parts.onStarted();
    });
    const spoken = speakClauses(parts, both).catch((error: unknown) => {
      failure.abort(error);
      throw error;
    });
    await Promise.all([started, spoken]);
    const end = await segment.end(signal);
    return { type: end === 'finished' ? 'spoken' : 'interrupted' };
  } catch (error) {
    return signal.aborted || isAbort(error) ? { type: 'interrupted' } : { type: 'failed', error };
  }
}

async function speakClauses(parts: ReplyParts, signal: AbortSignal): Promise<void> {
  const { segment, marks, synthesizer } = parts;
  let first = true;
  for await (const clause of splitClauses(textOf(parts))) {
    const text = speakable(clause);
    if (text.spoken === '') continue;
    marks.set('firstClause', monotonicMs());
    await segment.room(parts.clausesAhead(), signal);
    if (segment.ended !== undefined) return;
    segment.beginClause(text);
    parts.onText(segment.text);
    const priority = first ? parts.firstPriority() : segment.unplayedMs(synthesizer.sampleRateHz);
    first = false;
    for await (const chunk of synthesizer.synthesize(
      { text: text.spoken, voice: parts.voice, priority },
      signal,
    )) {
      marks.set('firstAudio', monotonicMs());
      segment.add(chunk);
    }
  }
  segment.close();
}

async function* textOf(parts: ReplyParts): AsyncIterable<string> {
  for await (const delta of parts.deltas) {
    if (delta.type === 'call') {
      parts.onCall(delta.call);
      // What stood before the call and what comes after it are two sentences.
      yield ' ';
      continue;
    }
    parts.marks.set('firstToken', monotonicMs());
    yield delta.text;
  }
}
