import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { RealFourier } from '../../../../server/engines/features/fourier.js';
import { NemoFeatures } from '../../../../server/engines/features/nemo-features.js';
import { WhisperFeatures } from '../../../../server/engines/features/whisper-features.js';
import { SmartTurnFeatures } from '../../../../server/engines/smart-turn/smart-turn-features.js';
import { HEARING_RATE_HZ } from '../../../../server/engines/engine-types.js';

const folder = join(import.meta.dirname, '../../../data/features');

function read(name: string): ArrayBuffer {
  return new Uint8Array(readFileSync(join(folder, name))).buffer;
}

const sound = new Int16Array(read('sound.s16'));
const heard = Float32Array.from(sound, (sample) => sample / 32_768);

/** Every fifth frame of a reference implementation, made by test/data/features/make.py. */
const EVERY = 5;

/** Largest difference from the golden values, which begin with frame `first`. */
function difference(name: string, features: Float32Array, bands: number, first = 0): number {
  const golden = new Float32Array(read(`${name}.f32`));
  const frames = features.length / bands;
  const goldenFrames = golden.length / bands;
  let worst = 0;
  for (let band = 0; band < bands; band++) {
    for (let frame = 0; frame < goldenFrames; frame++) {
      const ours = features[band * frames + first + EVERY * frame] ?? NaN;
      worst = Math.max(worst, Math.abs(ours - (golden[band * goldenFrames + frame] ?? NaN)));
    }
  }
  return worst;
}

describe('features agree with the reference implementation', () => {
  it.each([80, 128])('Whisper, %d bands', (bands) => {
    const padded = new Float64Array(30 * HEARING_RATE_HZ);
    padded.set(heard);
    expect(difference(`whisper-${bands}`, new WhisperFeatures(bands).compute(padded), bands)).toBeLessThan(
      1e-4,
    );
  });

  it('Smart Turn', () => {
    const features = new SmartTurnFeatures().compute(sound);
    expect(difference('smart-turn', features, 80, 600)).toBeLessThan(1e-4);
  });

  it('Smart Turn, of what is longer than eight seconds', () => {
    const longer = new Int16Array(9 * HEARING_RATE_HZ + sound.length);
    longer.fill(5000, 0, HEARING_RATE_HZ);
    longer.set(sound, longer.length - sound.length);
    expect(difference('smart-turn', new SmartTurnFeatures().compute(longer), 80, 600)).toBeLessThan(1e-4);
  });

  it('NeMo, with frames of silence after it or none', () => {
    for (const padded of [0, 200]) {
      const { features, frames, all } = new NemoFeatures(128).compute(heard, padded);
      expect(frames).toBe(Math.floor(sound.length / 160));
      expect(all).toBe(Math.max(frames, padded));
      const speech = Float32Array.from(
        { length: 128 * frames },
        (_, index) => features[Math.floor(index / frames) * all + (index % frames)] ?? NaN,
      );
      expect(difference('nemo-128', speech, 128)).toBeLessThan(1e-4);
      expect(features.every((value, index) => index % all < frames || value === 0)).toBe(true);
    }
  });
});

it.each([12, 30, 400, 512])('a Fourier transform of %d samples is what its definition says', (size) => {
  const signal = Float64Array.from({ length: size }, (_, index) => Math.sin(index * index));
  const powers = new Float64Array(size / 2 + 1);
  new RealFourier(size).powers(signal, powers);
  for (const [k, power] of powers.entries()) {
    const part = (wave: (angle: number) => number): number =>
      signal.reduce((sum, sample, i) => sum + sample * wave((2 * Math.PI * k * i) / size), 0);
    expect(power).toBeCloseTo(part(Math.cos) ** 2 + part(Math.sin) ** 2, 8);
  }
});
