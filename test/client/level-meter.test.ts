import { describe, expect, it } from 'vitest';
import { levelOf } from '../../client/level-meter.js';

describe('levelOf', () => {
  it('goes from silence to full scale in even steps of loudness', () => {
    expect(levelOf(new Float32Array(128))).toBe(0);
    expect(levelOf(new Float32Array(128).fill(1))).toBe(1);
    expect(levelOf(new Float32Array(128).fill(10 ** (-30 / 20)))).toBeCloseTo(0.5);
  });

  it('stays on its scale', () => {
    expect(levelOf(new Float32Array(128).fill(2))).toBe(1);
    expect(levelOf(new Float32Array(0))).toBe(0);
  });
});
