import { afterEach, describe, expect, it } from 'vitest';

import { EngineFailedError } from '../../../server/errors.js';
import { FakeEndOfTurn } from '../../fakes/fake-end-of-turn.js';
import { SessionOnFakes as Call } from '../../helpers/session-on-fakes.js';
import { until } from '../../helpers/until.js';

let call: Call | undefined;
afterEach(async () => {
  await call?.session.close('callerLeft', 'test over');
  call = undefined;
});

/** With these bounds a sure turn ends after 160 ms, an unsure one after 1200, one of which nobody can tell after 500. */
const bounds = {
  PARLEY_TURN_SURE_SILENCE_MS: '160',
  PARLEY_TURN_UNSURE_SILENCE_MS: '1200',
  PARLEY_TURN_END_SILENCE_MS: '500',
};

function begin(detector: FakeEndOfTurn): Call {
  call = new Call(() => 'Yes.', ['i was born in', 'i was born in paris'], bounds, [], detector).connect();
  return call;
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('an engine that listens for the end of a turn', () => {
  it('is given the sound of the turn, and ends a turn early that it is sure of', async () => {
    const detector = new FakeEndOfTurn();
    const { media, states } = begin(detector);
    media.hear(true, 960);
    media.hear(false, 128);
    await until('it is asked', () => detector.asked.length === 1);
    const [{ request, answer } = { request: undefined, answer: () => undefined }] = detector.asked;
    expect(request?.speech.length).toBeGreaterThanOrEqual(0.96 * 16_000);
    answer(0.9);
    await settled();
    expect(states).not.toContain('thinking');
    media.hear(false, 64);
    expect(states).toContain('thinking');
  });

  it('lets a caller think who has not finished', async () => {
    const detector = new FakeEndOfTurn();
    const { media, states } = begin(detector);
    media.hear(true, 960);
    media.hear(false, 128);
    await until('it is asked', () => detector.asked.length === 1);
    detector.asked[0]?.answer(0.1);
    await settled();
    media.hear(false, 960);
    expect(states).not.toContain('thinking');
    media.hear(true, 320);
    media.hear(false, 128);
    await until('it is asked again', () => detector.asked.length === 2);
    expect(detector.asked[1]?.request.speech.length).toBeGreaterThan(
      detector.asked[0]?.request.speech.length ?? Infinity,
    );
    media.hear(false, 1200);
    expect(states).toContain('thinking');
  });

  it('is not waited for, and not believed when the caller has gone on', async () => {
    const detector = new FakeEndOfTurn();
    const { media, states } = begin(detector);
    media.hear(true, 960);
    media.hear(false, 128);
    await until('it is asked', () => detector.asked.length === 1);
    media.hear(true, 320);
    expect(detector.asked[0]?.signal.aborted).toBe(true);
    detector.asked[0]?.answer(0.99);
    media.hear(false, 128);
    await settled();
    media.hear(false, 128);
    expect(states).not.toContain('thinking');
    media.hear(false, 320);
    expect(states).toContain('thinking');
  });

  it('may fail: the turn ends after the silence for when nobody can tell', async () => {
    const detector = new FakeEndOfTurn();
    detector.failure = new EngineFailedError('It died.');
    const { media, states } = begin(detector);
    media.hear(true, 960);
    media.hear(false, 256);
    await settled();
    media.hear(false, 192);
    expect(states).not.toContain('thinking');
    media.hear(false, 128);
    expect(states).toContain('thinking');
  });
});
