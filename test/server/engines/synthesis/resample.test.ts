import { describe, expect, it } from 'vitest';

import { Resampler } from '../../../../server/engines/synthesis/resample.js';

const sine = (hz: number, rateHz: number, seconds: number): Float32Array =>
  Float32Array.from({ length: seconds * rateHz }, (_, i) => Math.sin((2 * Math.PI * hz * i) / rateHz));

describe('resampling', () => {
  it.each([
    [22_050, 24_000],
    [44_100, 48_000],
    [44_100, 24_000],
    [16_000, 48_000],
  ])('from %d to %d Hz keeps tones, in time and in loudness', (from, to) => {
    const resampler = new Resampler(from, to);
    for (const hz of [100, 1000, 0.4 * Math.min(from, to)]) {
      const result = resampler.resample(sine(hz, from, 0.5));
      const wanted = sine(hz, to, 0.5);
      expect(result.length).toBe(wanted.length);
      const worst = result
        .slice(200, -200)
        .reduce((most, sample, i) => Math.max(most, Math.abs(sample - (wanted[200 + i] ?? NaN))), 0);
      expect(worst).toBeLessThan(2e-3);
    }
  });

  it('lets nothing through that the new rate cannot hold', () => {
    const result = new Resampler(44_100, 24_000).resample(sine(14_000, 44_100, 0.2));
    const loudest = result.slice(200, -200).reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
    expect(loudest).toBeLessThan(1e-2);
  });

  it('leaves a sound that has the rate already', () => {
    const sound = sine(100, 24_000, 0.1);
    expect(new Resampler(24_000, 24_000).resample(sound)).toEqual(sound);
  });
});
