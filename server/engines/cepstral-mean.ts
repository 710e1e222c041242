/**
 * The cepstral mean of a caller's voice and microphone, which the decoder subtracts from every frame of speech. With a
 * wrong one a caller is not understood, so a new caller's is estimated from the first speech before anything is
 * decoded. Pure.
 */

export interface CepstralMean {
  /** 13 coefficients, the first one the loudness. */
  mean: Float32Array;
  /** How many frames (10 ms) of speech it was taken from: how little the next ones change it. */
  frames: number;
}

/** Frames of speech that are enough: 0.6 s. */
const ENOUGH_FRAMES = 60;
/**
 * A frame is speech when its first coefficient is at most so far below that of the loudest one: speech has 40 to 75, a
 * quiet room 10 to 25.
 */
const SPEECH_DEPTH = 30;

/** So many frames of a general mean are mixed in, since the first words hold but a few of a voice's sounds. */
const GENERAL_FRAMES = 50;

/**
 * @param cepstra of all the sound there is, silence included.
 * @param general mean of nobody in particular.
 * @param all take what there is, however little.
 * @returns `undefined` when it is too little.
 */
export function estimateMean(
  cepstra: readonly Float32Array[],
  general: Float32Array,
  all: boolean,
): CepstralMean | undefined {
  const loudest = cepstra.reduce((most, [loudness = 0]) => Math.max(most, loudness), 0);
  const speech = cepstra.filter(([loudness = 0]) => loudness > Math.max(0, loudest - SPEECH_DEPTH));
  if (speech.length === 0 || (!all && speech.length < ENOUGH_FRAMES)) return undefined;
  const mean = general.map((value, index) => {
    const total = speech.reduce((sum, frame) => sum + (frame[index] ?? 0), 0);
    return (total + GENERAL_FRAMES * value) / (speech.length + GENERAL_FRAMES);
  });
  return { mean, frames: speech.length };
}
