/**
 * Triangular filters, evenly spaced on the mel scale of Slaney's Auditory Toolbox: linear up to 1 kHz, logarithmic above;
 * each has the same area. What librosa.filters.mel gives by default.
 */

/** Weights of the frequencies that a filter lets through. */
export interface MelFilter {
  /** First frequency, by its number in the spectrum. */
  from: number;
  weights: Float64Array;
}

const BREAK_HZ = 1000;
/** Below it a mel is so many Hz. */
const HZ_PER_MEL = 200 / 3;
const BREAK_MEL = BREAK_HZ / HZ_PER_MEL;
/** Above it, 27 mels multiply the frequency by 6.4. */
const LOG_STEP = Math.log(6.4) / 27;

function toMel(hz: number): number {
  return hz < BREAK_HZ ? hz / HZ_PER_MEL : BREAK_MEL + Math.log(hz / BREAK_HZ) / LOG_STEP;
}

function toHz(mel: number): number {
  return mel < BREAK_MEL ? mel * HZ_PER_MEL : BREAK_HZ * Math.exp(LOG_STEP * (mel - BREAK_MEL));
}

/** @returns filters from 0 to half of `rateHz` for spectra of `fftSize / 2 + 1` frequencies, lowest first. */
export function melFilters(bands: number, fftSize: number, rateHz: number): MelFilter[] {
  const top = toMel(rateHz / 2);
  const edges = Array.from({ length: bands + 2 }, (_, index) => toHz((top * index) / (bands + 1)));
  return Array.from({ length: bands }, (_, band) => {
    const [low = 0, centre = 0, high = 0] = edges.slice(band, band + 3);
    const weight = (bin: number): number => {
      const hz = (bin * rateHz) / fftSize;
      const slope = Math.min((hz - low) / (centre - low), (high - hz) / (high - centre));
      return (Math.max(0, slope) * 2) / (high - low);
    };
    const from = Math.ceil((low * fftSize) / rateHz);
    const to = Math.floor((high * fftSize) / rateHz);
    return { from, weights: Float64Array.from({ length: to - from + 1 }, (_, bin) => weight(from + bin)) };
  });
}
