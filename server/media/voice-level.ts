/**
 * How loud a caller's voice is, and when it has fallen away: speech detection holds on for up to a tenth of a second
 * after the last sound, in which the caller already waits.
 */

/** A sound so much weaker than the loudest of the last seconds is no voice any more: 30 dB, a factor in amplitude. */
const fallen = 1 / 32;
/** What is left of the memory of the loudest after each window of 32 ms: 4 dB less every second. */
const memory = 0.985;

export class VoiceLevel {
  #loudest = 0;

  /**
   * Takes the next window.
   * @param samples 16-bit sound.
   * @returns whether it is so much weaker than the voice before it that nobody speaks in it.
   */
  fallenAway(samples: Int16Array): boolean {
    let squares = 0;
    for (const sample of samples) squares += sample * sample;
    const level = Math.sqrt(squares / Math.max(1, samples.length));
    this.#loudest = Math.max(level, this.#loudest * memory);
    return level < this.#loudest * fallen;
  }
}
