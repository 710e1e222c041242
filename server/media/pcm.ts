/** Arithmetic on mono PCM: signed 16 bit outside, float in [-1, 1] where a model wants it. */

/** Writes `samples` as floats into `target` from `offset` on. */
export function toFloat(samples: Int16Array, target: Float32Array, offset = 0): void {
  for (let i = 0; i < samples.length; i++) target[offset + i] = (samples[i] ?? 0) / 32_768;
}

/** Floats in [-1, 1] as 16 bit; what is beyond is clipped. */
export function toInt16(samples: Float32Array): Int16Array {
  const result = new Int16Array(samples.length);
  for (let i = 0; i < samples.length; i++) {
    result[i] = Math.max(-32_768, Math.min(32_767, Math.round((samples[i] ?? 0) * 32_768)));
  }
  return result;
}

/** Loudest sample between two positions, 0 to 32,768. */
export function peak(samples: Int16Array, start = 0, end = samples.length): number {
  let loudest = 0;
  for (let i = start; i < end; i++) loudest = Math.max(loudest, Math.abs(samples[i] ?? 0));
  return loudest;
}

/** Multiplies in place, with a factor that goes evenly from `from` to `to`; clips. */
export function ramp(samples: Int16Array, from: number, to: number): void {
  if (from === 1 && to === 1) return;
  const step = (to - from) / samples.length;
  for (let i = 0; i < samples.length; i++) {
    const value = Math.round((samples[i] ?? 0) * (from + step * (i + 1)));
    samples[i] = Math.max(-32_768, Math.min(32_767, value));
  }
}
