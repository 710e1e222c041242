/** Sounds that are no speech, at 16 kHz. */
import type { Random } from '../../helpers/random.js';

const RATE_HZ = 16_000;

/** What one burst of a noise is like. */
interface Burst {
  ms: number;
  /** Loudest sample, of 32,768. */
  peak: number;
  /** Time in which it falls to a third, ms. */
  decayMs: number;
  /** How dull it sounds: the part of each sample that the next one keeps, 0 to 1. */
  dullness: number;
  /** Silence after it, ms. */
  gapMs: number;
}

const bursts: Readonly<Record<'cough' | 'knock' | 'rustle', readonly Burst[]>> = {
  // The explosion, the rush of air after it, and once more, weaker.
  cough: [
    { ms: 60, peak: 12_000, decayMs: 40, dullness: 0.6, gapMs: 0 },
    { ms: 180, peak: 5_000, decayMs: 90, dullness: 0.4, gapMs: 120 },
    { ms: 140, peak: 6_000, decayMs: 60, dullness: 0.5, gapMs: 0 },
  ],
  knock: [
    { ms: 60, peak: 14_000, decayMs: 12, dullness: 0.85, gapMs: 140 },
    { ms: 60, peak: 12_000, decayMs: 12, dullness: 0.85, gapMs: 0 },
  ],
  rustle: [
    { ms: 250, peak: 1_800, decayMs: 200, dullness: 0.1, gapMs: 60 },
    { ms: 300, peak: 1_400, decayMs: 200, dullness: 0.1, gapMs: 0 },
  ],
};

export function noise(kind: keyof typeof bursts, random: Random): Int16Array {
  const samples: number[] = [];
  for (const { ms, peak, decayMs, dullness, gapMs } of bursts[kind]) {
    const sound = [...filtered((ms * RATE_HZ) / 1000, dullness, random)];
    const loudest = Math.max(...sound.map(Math.abs));
    sound.forEach((sample, at) => {
      const rise = Math.min(1, at / 32);
      samples.push((sample / loudest) * peak * rise * Math.exp(-at / ((decayMs * RATE_HZ) / 1000)));
    });
    samples.push(...new Array<number>((gapMs * RATE_HZ) / 1000).fill(0));
  }
  return Int16Array.from(samples);
}

function* filtered(count: number, dullness: number, random: Random): Generator<number> {
  let last = 0;
  for (let at = 0; at < count; at++) {
    last = dullness * last + (1 - dullness) * (random.next() * 2 - 1);
    yield last;
  }
}
