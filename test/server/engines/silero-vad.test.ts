import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FliteProgram } from '../../../server/engines/flite-program.js';
import { SileroVad, sileroModelPath } from '../../../server/engines/silero-vad.js';
import { ModelUnusableError } from '../../../server/errors.js';
import { voiceActivityContract } from '../../contract/voice-activity.contract.js';
import { seededRandom } from '../../fakes/packet-source.js';

voiceActivityContract(
  'Silero',
  () => SileroVad.load(),
  async () => {
    const flite = await FliteProgram.load();
    const { samples, sampleRateHz } = flite.speak(
      'rms',
      'The quick brown fox jumps over the lazy dog, while all the others are looking on and wonder why.',
    );
    expect(sampleRateHz).toBe(16_000);
    const random = seededRandom(5);
    return { speech: samples, noise: Int16Array.from({ length: 64_000 }, () => (random() - 0.5) * 4_000) };
  },
);

describe('Silero model file', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'silero-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each([0.5, 0.99])('cut to %d of its length is refused with a clear error', async (share) => {
    const whole = await readFile(sileroModelPath());
    const path = join(folder, `cut-${share}.onnx`);
    await writeFile(path, whole.subarray(0, Math.floor(whole.length * share)));
    const error: unknown = await SileroVad.load(path).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(ModelUnusableError);
    expect(String(error)).toContain(path);
  });

  it('that is missing is refused with a clear error', async () => {
    await expect(SileroVad.load(join(folder, 'none.onnx'))).rejects.toThrow(ModelUnusableError);
  });
});
