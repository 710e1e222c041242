import { expect, test } from 'vitest';

import { endSilenceOfWordsMs } from '../../../server/session/end-of-turn-wait.js';

const bounds = { sureSilenceMs: 150, unsureSilenceMs: 1200 };

test('waits longer the less finished the words sound, within the bounds', () => {
  const waits = [0.99, 0.3, 0.1, 0.02, 0.001].map((p) => endSilenceOfWordsMs(p, 'what is my', bounds));
  expect(waits[0]).toBe(150);
  expect(waits[1]).toBeCloseTo(150);
  expect(waits[2]).toBeGreaterThan(300);
  expect(waits.slice(3)).toEqual([1200, 1200]);
});

test('takes a single word for finished when that is sure', () => {
  expect(endSilenceOfWordsMs(0.5, 'amateurs', bounds)).toBe(450);
  expect(endSilenceOfWordsMs(0.05, ' amateurs ', bounds)).toBeGreaterThan(450);
  expect(endSilenceOfWordsMs(0.95, 'yes', bounds)).toBe(150);
  expect(endSilenceOfWordsMs(0.5, 'good morning', bounds)).toBe(150);
});

test('never waits longer than when surely not finished', () => {
  expect(endSilenceOfWordsMs(0.5, 'amateurs', { sureSilenceMs: 100, unsureSilenceMs: 300 })).toBe(300);
});
