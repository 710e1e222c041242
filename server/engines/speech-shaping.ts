/** Makes a synthesised clause fit for joining to others: silence trimmed, loudness evened out. Pure. */

export interface ShapedSpeech {
  samples: Int16Array;
  /** Samples that were cut from the beginning. */
  trimmedStart: number;
}

/** A frame is speech when it is at most so far below the loudest one, dB. */
const SILENCE_BELOW_PEAK_DB = 40;
const FRAME_MS = 10;
/** Left on either side of the speech: soft first and last sounds lie below the threshold, ms. */
const KEEP_BEFORE_MS = 20;
const KEEP_AFTER_MS = 50;
const FADE_MS = 5;

/** Mean level of the speech itself, pauses left out, dB below full scale. */
const TARGET_LEVEL_DB = -21;
/** Softer clauses are not raised by more, so that a breath does not become a shout, dB. */
const MAX_GAIN_DB = 12;
/** No sample comes closer to full scale, where Opus would clip. */
const PEAK_LIMIT = 0.89 * 32_768;

/**
 * @param spoken first and last sample of the words where they are known: they are never cut, however soft they are.
 * @returns no samples when there is no sound at all.
 */
export function shapeSpeech(
  samples: Int16Array,
  sampleRateHz: number,
  [spokenFrom, spokenTo]: readonly [number, number] = [Infinity, 0],
): ShapedSpeech {
  const perMs = sampleRateHz / 1000;
  const frame = FRAME_MS * perMs;
  const powers = framePowers(samples, frame);
  const loudest = powers.reduce((most, power) => Math.max(most, power), 0);
  const threshold = loudest * 10 ** (-SILENCE_BELOW_PEAK_DB / 10);
  const first = powers.findIndex((power) => power > threshold);
  if (first < 0) return { samples: new Int16Array(0), trimmedStart: 0 };
  const last = powers.findLastIndex((power) => power > threshold);

  const start = Math.max(0, Math.min(spokenFrom, first * frame - KEEP_BEFORE_MS * perMs));
  const end = Math.min(samples.length, Math.max(spokenTo, (last + 1) * frame + KEEP_AFTER_MS * perMs));
  const kept = samples.slice(start, end);
  const loud = powers.filter((power) => power > threshold);
  scale(kept, gain(kept, loud));
  fade(kept, FADE_MS * perMs);
  return { samples: kept, trimmedStart: start };
}

/** Factor that brings speech to the loudness that all voices have, as far as it does not clip. */
export function speechGain(samples: Int16Array, sampleRateHz: number): number {
  const powers = framePowers(samples, (FRAME_MS * sampleRateHz) / 1000);
  const loudest = powers.reduce((most, power) => Math.max(most, power), 0);
  if (loudest === 0) return 1;
  return gain(
    samples,
    powers.filter((power) => power > loudest * 10 ** (-SILENCE_BELOW_PEAK_DB / 10)),
  );
}

function framePowers(samples: Int16Array, frame: number): Float64Array {
  return Float64Array.from({ length: Math.ceil(samples.length / frame) }, (_, index) => {
    const part = samples.subarray(index * frame, (index + 1) * frame);
    return part.reduce((sum, sample) => sum + sample * sample, 0) / part.length;
  });
}

function gain(samples: Int16Array, speechPowers: Float64Array): number {
  const power = speechPowers.reduce((sum, value) => sum + value, 0) / speechPowers.length;
  const wanted = (32_768 * 10 ** (TARGET_LEVEL_DB / 20)) / Math.sqrt(power);
  const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 1);
  return Math.min(wanted, 10 ** (MAX_GAIN_DB / 20), PEAK_LIMIT / peak);
}

function scale(samples: Int16Array, factor: number): void {
  for (const [index, sample] of samples.entries()) samples[index] = Math.round(sample * factor);
}

function fade(samples: Int16Array, length: number): void {
  for (let index = 0; index < Math.min(length, samples.length); index++) {
    const end = samples.length - 1 - index;
    samples[index] = Math.round(((samples[index] ?? 0) * index) / length);
    samples[end] = Math.round(((samples[end] ?? 0) * index) / length);
  }
}
