import { describe, expect, it } from 'vitest';
import { VoiceLevel } from '../../../server/media/voice-level.js';

/** A window of 512 samples at one loudness. */
const window = (amplitude: number) =>
  Int16Array.from({ length: 512 }, (_, at) => (at % 2 ? -1 : 1) * amplitude);

describe('the level of a voice', () => {
  it('has fallen away as soon as the sound is 30 dB weaker, and not for a soft syllable', () => {
    const level = new VoiceLevel();
    expect([8000, 6000, 500, 7000, 200].map((loud) => level.fallenAway(window(loud)))).toEqual([
      false,
      false,
      false,
      false,
      true,
    ]);
  });

  it('hears a weak voice after some seconds, and one that was never loud at once', () => {
    const level = new VoiceLevel();
    level.fallenAway(window(8000));
    const after = Array.from({ length: 200 }, () => level.fallenAway(window(150)));
    expect(after[0]).toBe(true);
    expect(after.at(-1)).toBe(false);
    expect(new VoiceLevel().fallenAway(window(150))).toBe(false);
  });
});
