import { expect, test } from 'vitest';

import { endSilenceMs, wordScale } from '../../../server/session/end-of-turn-wait.js';

const bounds = { sureSilenceMs: 150, unsureSilenceMs: 1200 };

test('waits longer the less finished the words sound, within the bounds', () => {
  const waits = [0.99, 0.15, 0.05, 0.015, 0.001].map((p) => endSilenceMs(p, bounds, wordScale));
  expect(waits[0]).toBe(150);
  expect(waits[1]).toBeCloseTo(150);
  expect(waits[2]).toBeGreaterThan(300);
  expect(waits.slice(3)).toEqual([1200, 1200]);
});
