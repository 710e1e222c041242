import { describe, expect, it } from 'vitest';
import { seededRandom } from '../faults/seeded-random.js';
import { median, medianSlope } from './resource-trend.js';

describe('the slope of a series', () => {
  const random = seededRandom(7);
  const noisy = (growth: number) =>
    Array.from({ length: 30 }, (_, index) => 500 + growth * index + 8 * random() + (index === 12 ? 90 : 0));

  it('is about 0 without growth, outliers or not', () => {
    expect(Math.abs(medianSlope(noisy(0)))).toBeLessThan(0.3);
  });

  it('finds a growth that is smaller than the noise', () => {
    expect(medianSlope(noisy(1))).toBeGreaterThan(0.7);
    expect(medianSlope(noisy(1))).toBeLessThan(1.3);
  });

  it('takes the middle', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
  });
});
