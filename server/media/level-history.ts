/** The band levels of the last seconds, by time. */

/** Frames of 10 ms that are kept: 2.56 s. */
export const HISTORY_FRAMES = 256;

export class LevelHistory {
  readonly #frames = new Array<Float32Array | undefined>(HISTORY_FRAMES);
  #newest = -1;

  /** Notes a frame; of the times that are left out nothing is known. */
  set(index: number, levels: Float32Array): void {
    if (index <= this.#newest - HISTORY_FRAMES) return;
    const from = Math.max(this.#newest + 1, index - HISTORY_FRAMES + 1);
    for (let skipped = from; skipped < index; skipped++) this.#frames[skipped % HISTORY_FRAMES] = undefined;
    this.#frames[index % HISTORY_FRAMES] = levels;
    this.#newest = Math.max(this.#newest, index);
  }

  /** The frame of a time, or `undefined` where nothing is known. */
  at(index: number): Float32Array | undefined {
    if (index > this.#newest || index <= this.#newest - HISTORY_FRAMES || index < 0) return undefined;
    return this.#frames[index % HISTORY_FRAMES];
  }
}
