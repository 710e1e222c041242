import { expect, it } from 'vitest';

import { estimateMean } from '../../../server/engines/cepstral-mean.js';

const general = Float32Array.of(40, 0);
const speech = (count: number): Float32Array[] =>
  Array.from({ length: count }, () => Float32Array.of(62, 10));
const quiet = (count: number): Float32Array[] =>
  Array.from({ length: count }, () => Float32Array.of(15, -30));

it('waits for more than half a second of speech', () => {
  expect(estimateMean([...quiet(100), ...speech(59)], general, false)).toBeUndefined();
  expect(estimateMean([...quiet(100), ...speech(60)], general, false)).toBeDefined();
});

it('takes what there is at the end of an utterance', () => {
  expect(estimateMean(speech(5), general, true)?.frames).toBe(5);
  expect(estimateMean([], general, true)).toBeUndefined();
});

it('lies between the general mean and that of the speech, whatever the silence is like', () => {
  const estimate = estimateMean([...quiet(200), ...speech(50)], general, true);
  expect(estimate).toEqual({ mean: Float32Array.of(51, 5), frames: 50 });
});
