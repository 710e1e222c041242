/** What is left of speech at 16 kHz after the way from a browser: Opus in frames of 20 ms, some of them lost. */
import { HEARING_RATE_HZ } from '../../server/engines/engine-types.js';
import { OpusDecoder, OpusEncoder } from '../../server/media/opus-codec.js';

export interface OpusChannelOptions {
  /** Bits per second. Default 24 000. */
  bitrate?: number;
  /** Share of the frames that are lost, 0 to 1. Default 0. */
  loss?: number;
}

/** A new codec per call; the same frames are lost in every run. */
export function throughOpus(
  samples: Int16Array,
  { bitrate = 24_000, loss = 0 }: OpusChannelOptions = {},
): Int16Array {
  // Browsers encode with nearly all the effort there is, and spend bits on loss only once there is some.
  const encoder = new OpusEncoder(HEARING_RATE_HZ, {
    bitrate,
    complexity: 9,
    expectedLossPercent: 100 * loss,
  });
  const decoder = new OpusDecoder();
  const random = randomNumbers(samples.length);
  try {
    const heard = new Int16Array(samples.length);
    for (let at = 0; at + encoder.frameSamples <= samples.length; at += encoder.frameSamples) {
      const packet = encoder.encode(samples.subarray(at, at + encoder.frameSamples));
      const frame = random() < loss ? undefined : decoder.decode(packet);
      if (frame) heard.set(frame, at);
      else decoder.conceal(heard.subarray(at, at + encoder.frameSamples));
    }
    return heard;
  } finally {
    encoder.close();
    decoder.close();
  }
}

/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
