import { describe, expect, it } from 'vitest';
import { SpokenSegment } from '../../../server/session/spoken-segment.js';
import { speakable } from '../../../server/session/speakable-text.js';

const never = new AbortController().signal;

/** A clause in which every word takes 1,000 samples. */
function speak(segment: SpokenSegment, text: string): void {
  const clause = speakable(text);
  segment.beginClause(clause);
  const words = clause.spoken.split(' ').map((word, index) => ({
    text: word,
    startSample: index * 1000,
    endSample: (index + 1) * 1000,
  }));
  segment.add({ samples: new Int16Array(words.length * 1000), words });
}

const at = (samples: number) =>
  ({ type: 'progress', sessionId: 's', segmentId: 1, samples, atMs: 0 }) as const;

describe('spoken segment', () => {
  it('knows what was heard, cut after the last word that was half played', () => {
    const segment = new SpokenSegment(1, () => undefined);
    speak(segment, 'One two three.');
    speak(segment, 'Four five six.');
    expect(segment.heard(16_000, 0)).toBe('');
    segment.handle(at(1400));
    expect(segment.heard(16_000, 0)).toBe('One');
    segment.handle(at(1600));
    expect(segment.heard(16_000, 0)).toBe('One two');
    segment.handle(at(4600));
    expect(segment.heard(16_000, 0)).toBe('One two three. Four five');
    expect(segment.heard(16_000, 100)).toBe('One two three.');
  });

  it('gives the words as written, not as spoken', () => {
    const segment = new SpokenSegment(1, () => undefined);
    speak(segment, 'It is 09:47 now.');
    segment.handle({ type: 'finished', sessionId: 's', segmentId: 1, samples: 1, atMs: 0 });
    expect(segment.heard(16_000, 500)).toBe('It is 09:47 now.');
    expect(segment.text).toBe('It is 09:47 now.');
  });

  it('has room for two clauses behind the one that plays', async () => {
    const segment = new SpokenSegment(1, () => undefined);
    await segment.room(2, never);
    speak(segment, 'One.');
    speak(segment, 'Two.');
    await segment.room(2, never);
    speak(segment, 'Three.');
    let room = false;
    const waiting = segment.room(2, never).then(() => (room = true));
    await Promise.resolve();
    expect(room).toBe(false);
    segment.handle(at(1000));
    await waiting;
    expect(room).toBe(true);
  });

  it('plays nothing before its release and nothing after its end', () => {
    const played: number[] = [];
    const segment = new SpokenSegment(1, (samples) => played.push(samples.length));
    speak(segment, 'One.');
    expect(played).toEqual([]);
    segment.release();
    segment.handle({ type: 'stopped', sessionId: 's', segmentId: 1, samples: 500, atMs: 0 });
    speak(segment, 'Two.');
    segment.close();
    expect(played).toEqual([1000]);
    expect(segment.ended).toBe('stopped');
  });

  it('stops waiting when its signal aborts', async () => {
    const segment = new SpokenSegment(1, () => undefined);
    const abort = new AbortController();
    const waiting = segment.end(abort.signal);
    abort.abort();
    await expect(waiting).rejects.toThrow(/abort/i);
  });
});
