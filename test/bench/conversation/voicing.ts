/** Where a voice begins in speech: "stop" and "thank" begin with a hiss, which is sound but no voice. */

const RATE_HZ = 16_000;
/** Pitches of people, Hz. */
const pitch = { lowest: 75, highest: 400 };
const WINDOW_SAMPLES = RATE_HZ * 0.03;
const STEP_SAMPLES = RATE_HZ * 0.01;
/** Likeness of a stretch to itself one period later, from which it is voiced; 1 is a pure tone. */
const PERIODIC = 0.6;
/** Loudness of the loudest stretch below which nothing counts, dB. */
const QUIET_DB = -25;

/** The first voiced sample, to 10 ms; `undefined` when there is none. Samples at 16 kHz. */
export function firstVoiced(samples: Int16Array): number | undefined {
  const starts = Array.from(
    { length: Math.max(0, Math.floor((samples.length - 2 * WINDOW_SAMPLES) / STEP_SAMPLES)) },
    (_, index) => index * STEP_SAMPLES,
  );
  const loudest = Math.max(0, ...starts.map((start) => energy(samples, start)));
  const least = loudest * 10 ** (QUIET_DB / 10);
  return starts.find((start) => energy(samples, start) > least && periodicity(samples, start) >= PERIODIC);
}

function energy(samples: Int16Array, start: number): number {
  return product(samples, start, 0);
}

/** The greatest normalised autocorrelation over the periods of a voice. */
function periodicity(samples: Int16Array, start: number): number {
  const own = energy(samples, start);
  let most = 0;
  for (let lag = RATE_HZ / pitch.highest; lag <= RATE_HZ / pitch.lowest; lag++) {
    const both = Math.sqrt(own * energy(samples, start + lag));
    if (both > 0) most = Math.max(most, product(samples, start, lag) / both);
  }
  return most;
}

function product(samples: Int16Array, start: number, lag: number): number {
  let sum = 0;
  for (let at = start; at < start + WINDOW_SAMPLES; at++)
    sum += (samples[at] ?? 0) * (samples[at + lag] ?? 0);
  return sum;
}
