/** Makes speech that comes bit by bit fit for joining to other clauses: no silence at its ends, and as loud as they are. */

/** Softer than this is silence at an end, once the gain is applied; speech itself is at -21. dB below full scale. */
const SILENCE_DB = -52;
const FRAME_MS = 10;
/** Left on either side of the speech, ms. */
const KEEP_BEFORE_MS = 20;
const KEEP_AFTER_MS = 50;
/** Silence that is held back because it may be the end; of a longer one, the beginning is let go. ms */
const HELD_MS = 200;

export class StreamShaper {
  readonly #gain: number;
  readonly #frame: number;
  readonly #perMs: number;
  /** Sound that makes no whole frame yet. */
  #rest = new Int16Array(0);
  /** Silent frames that may be the end, or, before the first sound, the little that is kept in front of it. */
  #silent: Int16Array[] = [];
  #begun = false;

  /** @param gain that every sample is multiplied with. */
  constructor(sampleRateHz: number, gain: number) {
    this.#perMs = sampleRateHz / 1000;
    this.#frame = FRAME_MS * this.#perMs;
    this.#gain = gain;
  }

  /** @returns what can be heard of it, and of what was held back; often nothing. */
  push(samples: Float32Array): Int16Array {
    const sound = new Int16Array(this.#rest.length + samples.length);
    sound.set(this.#rest);
    for (const [index, sample] of samples.entries()) {
      const value = Math.round(sample * this.#gain * 32_768);
      sound[this.#rest.length + index] = Math.max(-32_768, Math.min(32_767, value));
    }
    const ready: Int16Array[] = [];
    let at = 0;
    for (; at + this.#frame <= sound.length; at += this.#frame) {
      const frame = sound.slice(at, at + this.#frame);
      if (isSilent(frame)) this.#hold(frame, ready);
      else {
        ready.push(...this.#silent.splice(0), frame);
        this.#begun = true;
      }
    }
    this.#rest = sound.slice(at);
    return joined(ready);
  }

  /** @returns the last of it. */
  end(): Int16Array {
    if (!this.#begun) return new Int16Array(0);
    const last = joined([...this.#silent, this.#rest]);
    return last.slice(0, KEEP_AFTER_MS * this.#perMs);
  }

  #hold(frame: Int16Array, ready: Int16Array[]): void {
    this.#silent.push(frame);
    const most = (this.#begun ? HELD_MS : KEEP_BEFORE_MS) / FRAME_MS;
    while (this.#silent.length > most) {
      const first = this.#silent.shift();
      if (first && this.#begun) ready.push(first);
    }
  }
}

function isSilent(frame: Int16Array): boolean {
  const power = frame.reduce((sum, sample) => sum + sample * sample, 0) / frame.length;
  return power < (32_768 * 10 ** (SILENCE_DB / 20)) ** 2;
}

function joined(parts: readonly Int16Array[]): Int16Array {
  const result = new Int16Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}
