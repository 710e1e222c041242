import { expect, test } from 'vitest';

import { Random } from '../../helpers/random.js';
import { firstVoiced } from './voicing.js';

const RATE_HZ = 16_000;
const random = new Random(3);
const hiss = Int16Array.from({ length: RATE_HZ * 0.15 }, () => 4000 * (random.next() - 0.5));
const hum = Int16Array.from(
  { length: RATE_HZ * 0.3 },
  (_, at) => 6000 * Math.sin((at / RATE_HZ) * 2 * Math.PI * 110),
);

test('finds the voice behind a hiss', () => {
  const found = firstVoiced(Int16Array.from([...hiss, ...hum])) ?? -1;
  expect(Math.abs(found - hiss.length)).toBeLessThanOrEqual(0.02 * RATE_HZ);
});

test('finds no voice where there is none', () => {
  expect(firstVoiced(hiss)).toBeUndefined();
  expect(firstVoiced(new Int16Array(RATE_HZ))).toBeUndefined();
});
