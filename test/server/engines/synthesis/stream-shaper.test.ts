import { describe, expect, it } from 'vitest';

import { StreamShaper } from '../../../../server/engines/synthesis/stream-shaper.js';

const RATE_HZ = 24_000;
const ms = (samples: number): number => samples / 24;

/** A tone, or silence with a breath of noise, so many ms long. */
function sound(length: number, amplitude: number): Float32Array {
  return Float32Array.from({ length: 24 * length }, (_, i) => amplitude * Math.sin(i / 10));
}

/** What comes out for each part, ms, the end last. */
function shape(parts: readonly Float32Array[], gain = 1): { lengths: number[]; samples: number[] } {
  const shaper = new StreamShaper(RATE_HZ, gain);
  const shaped = [...parts.map((part) => shaper.push(part)), shaper.end()];
  return { lengths: shaped.map(({ length }) => ms(length)), samples: shaped.flatMap((part) => [...part]) };
}

describe('speech that comes bit by bit', () => {
  it('is let through as it comes, less the silence in front and behind', () => {
    const { lengths } = shape([sound(500, 0.0005), sound(80, 0.2), sound(80, 0.2), sound(400, 0.0005)]);
    // 20 ms of the silence in front are kept, and 50 of that behind; what may be a pause is held back for 200 ms.
    expect(lengths).toEqual([0, 100, 80, 200, 50]);
  });

  it('keeps a pause in its middle whole', () => {
    const { samples } = shape([sound(100, 0.2), sound(150, 0.0005), sound(100, 0.2)]);
    expect(ms(samples.length)).toBe(350);
  });

  it('keeps every sample, however it is cut', () => {
    const whole = sound(333, 0.2);
    const parts = [whole.slice(0, 7), whole.slice(7, 1000), whole.slice(1000, 1001), whole.slice(1001)];
    expect(shape(parts).samples).toEqual(shape([whole]).samples);
    expect(shape([whole]).samples).toHaveLength(whole.length);
  });

  it('is as loud as it is to be, and clips what is too loud', () => {
    expect(Math.max(...shape([sound(100, 0.2)], 2).samples)).toBeCloseTo(0.4 * 32_768, -2);
    expect(Math.max(...shape([sound(100, 0.9)], 2).samples)).toBe(32_767);
  });

  it('is nothing when there is no sound in it', () => {
    expect(shape([sound(500, 0.0005), new Float32Array(0)]).samples).toEqual([]);
  });
});
