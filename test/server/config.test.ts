import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../server/config.js';

const folder = mkdtempSync(join(tmpdir(), 'parley-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(content: string): NodeJS.ProcessEnv {
  const path = join(folder, 'user.yaml');
  writeFileSync(path, content);
  return { PARLEY_CONFIG: path };
}

describe('configuration', () => {
  it('is right as it is shipped, and frozen', () => {
    const config = loadConfig({});
    expect(config.turn.endSilenceMs).toBe(500);
    expect(Object.isFrozen(config.turn)).toBe(true);
  });

  it('is overridden by a file, and the file by the environment', () => {
    const env = file('turn:\n  endSilenceMs: 700\n  interruptMs: 300\n');
    expect(loadConfig(env).turn).toMatchObject({ endSilenceMs: 700, interruptMs: 300, minSpeechMs: 96 });
    const both = loadConfig({ ...env, PARLEY_TURN_END_SILENCE_MS: '800', HOST: '0.0.0.0', PORT: '8080' });
    expect(both.turn).toMatchObject({ endSilenceMs: 800, interruptMs: 300 });
    expect(both.server).toMatchObject({ host: '0.0.0.0', port: 8080 });
  });

  it('takes a profile before what the user sets', () => {
    const env = file('models:\n  profile: cpu\nlanguageModel:\n  sequences: 3\n');
    expect(loadConfig(env)).toMatchObject({
      calls: { max: 2 },
      languageModel: { sequences: 3, contextTokens: 4096 },
    });
    expect(loadConfig({ ...env, PARLEY_MODELS_PROFILE: 'pocket', PARLEY_CALLS_MAX: '3' })).toMatchObject({
      languageModel: { sequences: 3, contextTokens: 768 },
    });
    expect(() => loadConfig({ PARLEY_MODELS_PROFILE: '../etc' })).toThrow(/Profiles: cpu, gpu, pocket/);
  });

  it('names what is wrong and what would be right', () => {
    const cases: [NodeJS.ProcessEnv, RegExp][] = [
      [
        { PARLEY_TURN_END_SILENCE: '1' },
        /Unknown setting PARLEY_TURN_END_SILENCE in the environment.*PARLEY_TURN_END_SILENCE_MS/,
      ],
      [{ PARLEY_TURN_END_SILENCE_MS: 'long' }, /turn\.endSilenceMs: .*expected number/],
      [{ PARLEY_TURN_END_SILENCE_MS: '63' }, /turn\.endSilenceMs: .*64/],
      [{ PORT: '70000' }, /server\.port: .*65535/],
      [{ PARLEY_CALLS_MAX: '9' }, /calls\.max is 9, but languageModel\.sequences is only 8/],
      [{ PARLEY_VAD_OFF_THRESHOLD: '0.6' }, /vad\.offThreshold: must be less than vad\.onThreshold/],
      [{ PARLEY_CONFIG: '/nowhere.yaml' }, /\/nowhere\.yaml cannot be read/],
    ];
    for (const [env, message] of cases) expect(() => loadConfig(env)).toThrow(message);
    expect(() => loadConfig(file('trun:\n  endSilenceMs: 1\n'))).toThrow(
      /Unknown setting trun in .*Known ones: server/,
    );
    expect(() => loadConfig(file('turn: 5\n'))).toThrow(/turn in .* must be a section/);
    expect(() => loadConfig(file('turn:\n  endSilence: 5\n'))).toThrow(
      /Unknown setting turn\.endSilence in .*turn\.endSilenceMs/,
    );
    expect(() => loadConfig(file('- a\n- b\n'))).toThrow(/must hold sections/);
    expect(() => loadConfig(file('turn: [\n'))).toThrow(/cannot be read/);
  });
});
