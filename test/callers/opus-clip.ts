/** A caller's speech, coded once: many callers can send the same clip without coding it again. */
import { FRAME_MS, OpusEncoder } from '../../server/media/opus-codec.js';

/** All clips are at this rate, the synthesiser's. */
export const CLIP_RATE_HZ = 16_000;
const FRAME_SAMPLES = (CLIP_RATE_HZ * FRAME_MS) / 1000;

/** RMS from which a frame of 20 ms is audible: about -46 dB of full scale. */
const AUDIBLE_RMS = 160;

export interface OpusClip {
  /** Packets of 20 ms. */
  packets: readonly Buffer[];
  /** Index of the last packet that is audible; -1 when none is. */
  lastAudible: number;
}

/** Codes mono PCM at 16 kHz; what is missing of the last frame is silence. */
export function encodeClip(pcm: Int16Array): OpusClip {
  const encoder = new OpusEncoder(CLIP_RATE_HZ, { complexity: 3 });
  try {
    const packets: Buffer[] = [];
    let lastAudible = -1;
    const frame = new Int16Array(FRAME_SAMPLES);
    for (let at = 0; at < pcm.length; at += FRAME_SAMPLES) {
      frame.fill(0);
      frame.set(pcm.subarray(at, at + FRAME_SAMPLES));
      if (isAudible(frame)) lastAudible = packets.length;
      packets.push(encoder.encode(frame));
    }
    return { packets, lastAudible };
  } finally {
    encoder.close();
  }
}

/** What a microphone sends in a quiet room, over and over. */
export const quietPackets: readonly Buffer[] = encodeClip(new Int16Array(FRAME_SAMPLES * 25)).packets;

/** Whether somebody hears a stretch of sound. */
export function isAudible(samples: Int16Array): boolean {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return Math.sqrt(sum / Math.max(1, samples.length)) >= AUDIBLE_RMS;
}
