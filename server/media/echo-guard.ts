/**
 * Tells the agent's own voice, coming back through the caller's loudspeaker and microphone, from the caller's: the
 * server knows what it sent. From both it learns the delay and the loudness of the way back; what is no louder in any
 * band than that explains is echo. Browsers cancel echo by themselves; this is for those that cannot.
 */
import { HEARING_RATE_HZ } from '../engines/engine-types.js';
import { BAND_FRAME_MS, BandLevels, BANDS, FLOOR_DB } from './band-levels.js';
import { EchoCorrelation, LONGEST_DELAY } from './echo-correlation.js';
import { HISTORY_FRAMES, LevelHistory } from './level-history.js';

/** A frame in which a band is this loud has voice in it, dB over the floor. */
const voicedDb = 20;
/** Alike enough for an echo, in the first second of the agent's voice and later, and too little for one that was known. */
const alike = { atFirst: 0.75, on: 0.6, off: 0.35 };
const firstFrames = 100;
/** Share of frames with another voice above which the way back may have changed, and what the share remembers. */
const strange = { most: 0.8, memory: 0.99 };
/** Frames of the agent's voice after which it is known whether it comes back: until then nobody can say. */
const learningFrames = 40;
/** So much louder than the echo can be is another voice, dB; in so many bands. */
const louderDb = 9;
const louderBands = 2;
/** How long a room goes on sounding, frames, and how fast that fades, dB per frame. */
const tailFrames = 12;
const tailDbPerFrame = 1.5;
/** How far the delay wavers, frames. */
const waverFrames = 2;
/** The way back is looked at anew every so many windows. */
const learnEvery = 4;
/** The clock of the microphone may be slower than the machine's: what is added to its offset per window, ms. */
const clockSlackMs = 0.01;

export class EchoGuard {
  readonly #sentLevels: BandLevels;
  readonly #heardLevels = new BandLevels(HEARING_RATE_HZ);
  readonly #sent = new LevelHistory();
  readonly #heard = new LevelHistory();
  readonly #correlation = new EchoCorrelation();
  /** The way back, once it is known: delay in frames, loudness per band in dB. */
  #path: { delay: number; gain: number[] } | undefined;
  #lastVoiceSent = -Infinity;
  #voiceFrames = 0;
  /** Share of the last frames, beside the agent's voice, that had another one in them. */
  #strange = 0;
  #heardSamples = 0;
  #windows = 0;
  /** Machine time of the microphone's first sample, ms. */
  #offsetMs = Infinity;

  /** @param voiceRateHz of what is sent. */
  constructor(voiceRateHz: number) {
    this.#sentLevels = new BandLevels(voiceRateHz);
  }

  /** Takes the sound of a packet that leaves. */
  send(samples: Int16Array, atMs: number): void {
    let index = Math.round(atMs / BAND_FRAME_MS);
    for (const levels of this.#sentLevels.take(samples)) {
      if (hasVoice(levels)) this.#lastVoiceSent = index;
      this.#sent.set(index++, levels);
    }
  }

  /**
   * Takes the next window of the microphone.
   * @returns whether there is nothing in it but the agent's voice, as far as anybody can tell.
   */
  isEcho(samples: Int16Array, receivedAtMs: number): boolean {
    this.#heardSamples += samples.length;
    const heardMs = (this.#heardSamples * 1_000) / HEARING_RATE_HZ;
    this.#offsetMs = Math.min(this.#offsetMs + clockSlackMs, receivedAtMs - heardMs);
    let index = Math.round(
      (this.#offsetMs + heardMs - (samples.length * 1_000) / HEARING_RATE_HZ) / BAND_FRAME_MS,
    );
    let frames = 0;
    let another = 0;
    for (const levels of this.#heardLevels.take(samples)) {
      const isAnother = this.#isAnother(index, levels);
      if (isAnother) another++;
      if (index - this.#lastVoiceSent <= LONGEST_DELAY + tailFrames) {
        this.#strange = this.#strange * strange.memory + (isAnother ? 1 - strange.memory : 0);
        // The caller's voice says nothing of the way back.
        if (!isAnother || this.#strange > strange.most) {
          this.#correlation.take(index, levels, this.#sent);
          this.#heard.set(index, levels);
        }
        this.#voiceFrames++;
      }
      frames++;
      index++;
    }
    if (index - this.#lastVoiceSent > LONGEST_DELAY + tailFrames) return false;
    if (this.#windows++ % learnEvery === 0) this.#learn(index - 1);
    if (this.#path) return another * 2 < frames;
    return this.#voiceFrames < learningFrames;
  }

  /** Whether a frame of the microphone is louder than the echo makes it. */
  #isAnother(index: number, heard: Float32Array): boolean {
    const path = this.#path;
    if (!path) return false;
    let louder = 0;
    for (let band = 0; band < BANDS; band++) {
      let echo = FLOOR_DB;
      for (let back = -waverFrames; back <= tailFrames; back++) {
        const sent = this.#sent.at(index - path.delay - back)?.[band] ?? FLOOR_DB;
        const faded = Math.max(0, back - waverFrames) * tailDbPerFrame;
        if (sent > FLOOR_DB) echo = Math.max(echo, sent + (path.gain[band] ?? 0) - faded);
      }
      if ((heard[band] ?? 0) > Math.max(echo, FLOOR_DB + 6) + louderDb) louder++;
    }
    return louder >= louderBands;
  }

  #learn(index: number): void {
    if (this.#voiceFrames < learningFrames) return;
    const best = this.#correlation.best();
    const enough = this.#voiceFrames < firstFrames ? alike.atFirst : alike.on;
    if (best.alike < (this.#path ? alike.off : enough)) {
      this.#path = undefined;
      return;
    }
    this.#path = { delay: best.delay, gain: this.#gains(index, best.delay) };
  }

  /** What the way back takes away or adds in each band: the middle one of all the differences. */
  #gains(index: number, delay: number): number[] {
    return Array.from({ length: BANDS }, (_, band) => {
      const differences: number[] = [];
      for (let at = index - HISTORY_FRAMES + LONGEST_DELAY; at <= index; at++) {
        const sent = this.#sent.at(at - delay)?.[band] ?? 0;
        const heard = this.#heard.at(at)?.[band];
        if (heard !== undefined && sent >= FLOOR_DB + voicedDb) differences.push(heard - sent);
      }
      differences.sort((one, other) => one - other);
      return differences[Math.floor(differences.length / 2)] ?? this.#path?.gain[band] ?? 0;
    });
  }
}

function hasVoice(levels: Float32Array): boolean {
  return levels.some((level) => level >= FLOOR_DB + voicedDb);
}
