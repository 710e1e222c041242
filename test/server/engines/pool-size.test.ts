import { expect, it } from 'vitest';

import { speakersAtOnce, workersFor } from '../../../server/engines/pool-size.js';

it('plans for half-busy workers, within the cores', () => {
  expect(workersFor(0, 0.1, 2)).toBe(1);
  expect(workersFor(8, 0.1, 2)).toBe(1);
  expect(workersFor(24, 0.1, 2)).toBe(2);
  expect(workersFor(24, 0.1, 1)).toBe(1);
  expect(workersFor(100, 0.1, 64)).toBe(7);
});

it('plans for so many speakers that more are rare', () => {
  expect(speakersAtOnce(1)).toBe(1);
  expect(speakersAtOnce(2)).toBe(2);
  expect(speakersAtOnce(8)).toBe(6);
  expect(speakersAtOnce(24)).toBe(14);
  expect(speakersAtOnce(1000)).toBeLessThan(400);
});
