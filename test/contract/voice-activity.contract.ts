/** What every voice activity detector must do, whatever model is behind it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VAD_WINDOW_SAMPLES, type VoiceActivityDetector } from '../../server/engines/engine-types.js';
import { toFloat } from '../../server/media/pcm.js';

/** @param sounds at 16 kHz, some seconds each. */
export function voiceActivityContract(
  name: string,
  load: () => Promise<VoiceActivityDetector>,
  sounds: () => Promise<{ speech: Int16Array; noise: Int16Array }>,
): void {
  describe(`voice activity detector ${name}`, () => {
    let vad: VoiceActivityDetector;
    let speech: Float32Array[];
    let noise: Float32Array[];
    beforeAll(async () => {
      vad = await load();
      await vad.warm(new AbortController().signal);
      const { speech: spoken, noise: noisy } = await sounds();
      speech = windowsOf(spoken);
      noise = windowsOf(noisy);
    });
    afterAll(() => vad.close());

    /** Probabilities of one caller's windows, one run each. */
    async function alone(windows: readonly Float32Array[]): Promise<number[]> {
      const state = vad.open();
      const result: number[] = [];
      for (const samples of windows) result.push((await vad.probabilities([{ state, samples }]))[0] ?? NaN);
      return result;
    }

    it('tells speech from noise and silence', async () => {
      const spoken = await alone(speech);
      expect(spoken.filter((probability) => probability > 0.5).length / spoken.length).toBeGreaterThan(0.7);
      expect(Math.max(...(await alone(noise)))).toBeLessThan(0.5);
      const silence = Array.from({ length: 30 }, () => new Float32Array(VAD_WINDOW_SAMPLES));
      expect(Math.max(...(await alone(silence)))).toBeLessThan(0.5);
    });

    it('gives every caller of a batch what the caller would get alone', async () => {
      const count = Math.min(speech.length, noise.length, 40);
      const callers = [speech.slice(0, count), noise.slice(0, count), speech.slice(-count)];
      const expected = await Promise.all(callers.map(alone));
      const states = callers.map(() => vad.open());
      for (let n = 0; n < count; n++) {
        const batch = callers.map((windows, i) => ({
          state: states[i] ?? vad.open(),
          samples: windows[n] ?? new Float32Array(VAD_WINDOW_SAMPLES),
        }));
        const together = await vad.probabilities(batch);
        for (const [i, probability] of together.entries()) {
          expect(probability).toBeCloseTo(expected[i]?.[n] ?? NaN, 4);
        }
      }
    });

    it('begins anew after a reset', async () => {
      const first = speech.slice(0, 20);
      const state = vad.open();
      const run = async (): Promise<number[]> => {
        const result: number[] = [];
        for (const samples of first) result.push((await vad.probabilities([{ state, samples }]))[0] ?? NaN);
        return result;
      };
      const before = await run();
      state.reset();
      expect(await run()).toEqual(before);
    });

    it('takes nothing from nobody, and only whole windows', async () => {
      expect(await vad.probabilities([])).toHaveLength(0);
      const short = { state: vad.open(), samples: new Float32Array(100) };
      await expect(vad.probabilities([short])).rejects.toThrow('512');
    });

    it('closes twice without harm, and works no more', async () => {
      const closed = await load();
      const windows = [{ state: closed.open(), samples: new Float32Array(VAD_WINDOW_SAMPLES) }];
      await closed.close();
      await closed.close();
      await expect(closed.probabilities(windows)).rejects.toThrow();
    });
  });
}

function windowsOf(samples: Int16Array): Float32Array[] {
  const result: Float32Array[] = [];
  for (let at = 0; at + VAD_WINDOW_SAMPLES <= samples.length; at += VAD_WINDOW_SAMPLES) {
    const window = new Float32Array(VAD_WINDOW_SAMPLES);
    toFloat(samples.subarray(at, at + VAD_WINDOW_SAMPLES), window);
    result.push(window);
  }
  return result;
}
