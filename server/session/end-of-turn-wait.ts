/** How long a pause must last to end the turn, by how finished the words sound. */

/** Probabilities at which the wait is longest and shortest. */
export interface FinishedScale {
  unsureBelow: number;
  sureAbove: number;
}

/** For the language model, which judges words: most cut sentences lie below it, most whole ones above. */
export const wordScale: FinishedScale = { unsureBelow: 0.015, sureAbove: 0.15 };

/** For a detector that listens and takes a turn for over from one half on. */
export const heardScale: FinishedScale = { unsureBelow: 0.3, sureAbove: 0.7 };

/**
 * @param finished probability that the turn ends here, 0 to 1.
 * @param bounds silence when sure and when surely not, ms.
 * @param scale of whoever says so.
 * @returns silence after which the turn is over, ms; in between it follows the logarithm of the odds.
 */
export function endSilenceMs(
  finished: number,
  bounds: { sureSilenceMs: number; unsureSilenceMs: number },
  scale: FinishedScale,
): number {
  const { unsureBelow, sureAbove } = scale;
  const logit = (probability: number) => Math.log(probability / (1 - probability));
  const clamped = Math.min(sureAbove, Math.max(unsureBelow, finished));
  const share = (logit(clamped) - logit(unsureBelow)) / (logit(sureAbove) - logit(unsureBelow));
  return bounds.unsureSilenceMs + share * (bounds.sureSilenceMs - bounds.unsureSilenceMs);
}
