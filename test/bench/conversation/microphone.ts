/**
 * A caller's microphone, 20 ms at a time: what the caller says, the noise of the room and the agent's voice out of the
 * loudspeaker. Notes which of the frames that left carried the caller's voice.
 */
import { OpusEncoder } from '../../../server/media/opus-codec.js';
import { monotonicMs } from '../../../server/media/media-types.js';
import { isAudible } from '../../callers/opus-clip.js';
import type { Random } from '../../helpers/random.js';
import type { Room } from './script.js';
import { firstVoiced } from './voicing.js';

const RATE_HZ = 16_000;
const FRAME_SAMPLES = RATE_HZ / 50;
/** Later sound of the loudspeaker than this is forgotten. */
const LONGEST_ECHO_SAMPLES = RATE_HZ * 2;
/** Reflections from the walls: after so many ms, so loud. */
const reflections = [
  { ms: 0, gain: 1 },
  { ms: 3, gain: 0.4 },
  { ms: 11, gain: -0.3 },
  { ms: 23, gain: 0.15 },
];

/** When the caller's voice entered the server. */
export interface SpokenSpan {
  /** Departure of the first audible frame, monotonic ms. */
  startMs: number;
  /** ... of the one with the first voiced sample; where there is none, of the first audible one. */
  voicedMs: number;
  /** ... and of the last. */
  endMs: number;
}

interface Speaking {
  samples: Int16Array;
  at: number;
  /** Position of the first voiced sample. */
  voiced: number;
  startMs: number | undefined;
  voicedMs: number | undefined;
  endMs: number;
  done: (span: SpokenSpan) => void;
}

export class Microphone {
  readonly #encoder = new OpusEncoder(RATE_HZ, { complexity: 3 });
  readonly #room: Room;
  readonly #random: Random;
  readonly #loudspeaker = new Float32Array(LONGEST_ECHO_SAMPLES);
  /** Position in the microphone's sound, samples. */
  #position = 0;
  /** Up to where the loudspeaker's sound is known. */
  #loudspeakerEnd = 0;
  #speaking: Speaking | undefined;

  constructor(room: Room, random: Random) {
    this.#room = room;
    this.#random = random;
  }

  /** Speaks; resolves when the last sample has left. */
  speak(samples: Int16Array): Promise<SpokenSpan> {
    if (this.#speaking) throw new Error('The caller is speaking already.');
    return new Promise((done) => {
      const voiced = firstVoiced(samples) ?? Infinity;
      this.#speaking = { samples, at: 0, voiced, startMs: undefined, voicedMs: undefined, endMs: 0, done };
    });
  }

  /** The loudspeaker plays what has just come of the agent's voice. */
  hearLoudspeaker(samples: Int16Array): void {
    const { echo } = this.#room;
    if (!echo) return;
    const earliest = this.#position + (echo.delayMs * RATE_HZ) / 1000;
    // One frame follows the other without a gap when they come about as fast as they play.
    const gap = earliest - this.#loudspeakerEnd;
    const start = Math.abs(gap) < RATE_HZ / 10 && this.#loudspeakerEnd > 0 ? this.#loudspeakerEnd : earliest;
    for (const { ms, gain } of reflections) {
      const shift = start + (ms * RATE_HZ) / 1000;
      samples.forEach((sample, at) => {
        const place = (shift + at) % LONGEST_ECHO_SAMPLES;
        this.#loudspeaker[place] = (this.#loudspeaker[place] ?? 0) + sample * gain * echo.gain;
      });
    }
    this.#loudspeakerEnd = start + samples.length;
  }

  /** The next 20 ms, coded. */
  next(): Buffer {
    const frame = new Int16Array(FRAME_SAMPLES);
    const spoken = this.#speakFrame();
    for (let at = 0; at < FRAME_SAMPLES; at++) {
      const place = (this.#position + at) % LONGEST_ECHO_SAMPLES;
      const background = (this.#random.next() * 2 - 1) * this.#room.noise;
      const sum = background + (this.#loudspeaker[place] ?? 0) + (spoken?.[at] ?? 0);
      this.#loudspeaker[place] = 0;
      frame[at] = Math.max(-32_768, Math.min(32_767, Math.round(sum)));
    }
    this.#position += FRAME_SAMPLES;
    return this.#encoder.encode(frame);
  }

  close(): void {
    this.#encoder.close();
  }

  #speakFrame(): Int16Array | undefined {
    const speaking = this.#speaking;
    if (!speaking) return undefined;
    const part = speaking.samples.subarray(speaking.at, speaking.at + FRAME_SAMPLES);
    speaking.at += FRAME_SAMPLES;
    if (isAudible(part)) {
      speaking.startMs ??= monotonicMs();
      speaking.endMs = monotonicMs();
    }
    if (speaking.at > speaking.voiced) speaking.voicedMs ??= monotonicMs();
    if (speaking.at >= speaking.samples.length) {
      this.#speaking = undefined;
      const { startMs = monotonicMs(), voicedMs = startMs, endMs } = speaking;
      speaking.done({ startMs, voicedMs, endMs });
    }
    return part;
  }
}
