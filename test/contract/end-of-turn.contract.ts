/** What everything that says whether a caller's turn is over must do: detectors that listen, and language models that judge words. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HEARING_RATE_HZ, type EndOfTurnRequest } from '../../server/engines/engine-types.js';
import { isAbort } from '../../server/errors.js';

/** An `EndOfTurnDetector`, or a language model in that part; `undefined` where it cannot tell. */
export interface TurnJudge {
  warm(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
  probability(request: EndOfTurnRequest, signal: AbortSignal): Promise<number | undefined>;
}

const never = new AbortController().signal;
const asMany = 6;

/** @param turns that are over and not, as clearly as this one can tell. */
export function describeEndOfTurn(
  name: string,
  load: () => Promise<TurnJudge>,
  turns: () => { finished: EndOfTurnRequest; unfinished: EndOfTurnRequest },
): void {
  describe(`end of turn by ${name}`, () => {
    let judge: TurnJudge;
    const { finished, unfinished } = turns();
    beforeAll(async () => {
      judge = await load();
      await judge.warm(never);
    });
    afterAll(() => judge.close());

    it('is more likely behind a whole sentence than in the middle of one', async () => {
      const over = await judge.probability(finished, never);
      const open = await judge.probability(unfinished, never);
      expect(over).toBeLessThanOrEqual(1);
      expect(open).toBeGreaterThanOrEqual(0);
      expect(over).toBeGreaterThan(open ?? 1);
    });

    it('is the same for the same turn, and for many callers at once what each would get alone', async () => {
      const requests = Array.from({ length: asMany }, (_, index) => (index % 2 ? finished : unfinished));
      const alone: (number | undefined)[] = [];
      for (const request of requests) alone.push(await judge.probability(request, never));
      const together = await Promise.all(requests.map((request) => judge.probability(request, never)));
      for (const [index, probability] of together.entries())
        expect(probability).toBeCloseTo(alone[index] ?? NaN, 2);
      expect(alone[2]).toBeCloseTo(alone[0] ?? NaN, 2);
    });

    it('leaves what it was asked as it was', async () => {
      const { speech, ...rest } = finished;
      const copy = { ...structuredClone(rest), speech: speech.slice() };
      await judge.probability(finished, never);
      expect(finished.speech.length).toBe(copy.speech.length);
      expect(finished).toEqual(copy);
    });

    it('can be asked of nothing, of silence, and of a very long turn', async () => {
      const minute = new Int16Array(60 * HEARING_RATE_HZ);
      for (let at = 0; at < minute.length; at += finished.speech.length + 1)
        minute.set(finished.speech.subarray(0, minute.length - at), at);
      const words = `${finished.words} `.repeat(500).trim();
      const odd: EndOfTurnRequest[] = [
        { words: '', history: [], speech: new Int16Array(0) },
        { words: '', history: [], speech: new Int16Array(HEARING_RATE_HZ) },
        { words, history: finished.history, speech: minute },
      ];
      for (const request of odd) {
        const probability = await judge.probability(request, never);
        if (probability === undefined) continue;
        expect(probability).toBeGreaterThanOrEqual(0);
        expect(probability).toBeLessThanOrEqual(1);
      }
    });

    it('is not judged for a signal that has aborted', async () => {
      await expect(judge.probability(finished, AbortSignal.abort())).rejects.toSatisfy(isAbort);
    });

    it('is given up by an abort, without harm to the other callers', async () => {
      const expected = await judge.probability(finished, never);
      const abort = new AbortController();
      const asked = Array.from({ length: asMany }, (_, index) =>
        judge.probability(finished, index % 2 ? never : abort.signal),
      );
      abort.abort();
      const outcomes = await Promise.allSettled(asked);
      for (const [index, outcome] of outcomes.entries()) {
        if (outcome.status === 'fulfilled') expect(outcome.value).toBeCloseTo(expected ?? NaN, 2);
        else expect(outcome.reason).toSatisfy(isAbort);
        expect(outcome.status).toBe(index % 2 ? 'fulfilled' : 'rejected');
      }
    });

    it('is judged no more after it was closed, which may happen twice', async () => {
      const closed = await load();
      await closed.close();
      await closed.close();
      await expect(closed.probability(finished, never)).rejects.toThrow();
    });
  });
}
