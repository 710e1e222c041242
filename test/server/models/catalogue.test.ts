import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../../server/config.js';
import { catalogue, findModel } from '../../../server/models/catalogue.js';
import { configuredModels, readyModels } from '../../../server/models/configured-models.js';
import { ReadyModel } from '../../../server/models/model-files.js';

const folder = mkdtempSync(join(tmpdir(), 'parley-catalogue-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the catalogue', () => {
  it('pins everything, except where it says that nobody has confirmed it', () => {
    const models = catalogue();
    expect(models.length).toBeGreaterThan(20);
    for (const { id, confirmed, files } of models) {
      for (const { source } of files) {
        if (source.type === 'local' || confirmed === false) continue;
        expect(source.revision, id).toMatch(/^[0-9a-f]{40}$/);
        expect(source.size, id).toBeDefined();
        expect(source.sha256, id).toBeDefined();
      }
    }
  });

  it('has the models of every profile', () => {
    for (const profile of ['pocket', 'cpu', 'gpu']) {
      const models = configuredModels(loadConfig({ PARLEY_MODELS_PROFILE: profile }));
      expect(models.recognizer?.stage).toBe('recognizer');
      expect(models.languageModel?.stage).toBe('languageModel');
      expect(models.synthesizer?.stage).toBe('synthesizer');
    }
  });

  it("takes an entry of the user's own, a file, and a repository", () => {
    const path = join(folder, 'mine.yaml');
    writeFileSync(
      path,
      'stage: synthesizer\nrunner: piper\ntitle: Mine\nlicence: { name: mine }\nlanguages: [en]\nconfirmed: false\n' +
        'hub: { repository: me/voices, revision: main }\n' +
        'files:\n  - local: voice.onnx\n    name: model.onnx\n  - path: a/b.json\n',
    );
    const mine = findModel(path, 'synthesizer');
    expect(mine).toMatchObject({ id: 'mine', runner: 'piper' });
    const ready = new ReadyModel(mine, '/models');
    expect(ready.path('model.onnx')).toBe(join(folder, 'voice.onnx'));
    expect(ready.path('b.json')).toBe('/models/mine/b.json');
    expect(() => ready.path('c.json')).toThrow(/names no file c\.json, which the runner piper needs/);
    expect(findModel('/somewhere/tiny.gguf').files).toEqual([
      { name: 'tiny.gguf', source: { type: 'local', path: '/somewhere/tiny.gguf' } },
    ]);
    expect(findModel('hf:me/models/q/tiny.gguf@abc').files).toMatchObject([
      { source: { repository: 'me/models', path: 'q/tiny.gguf', revision: 'abc' } },
    ]);
  });

  it('says what is wrong with a name or an entry, and what would be right', () => {
    expect(() => findModel('nobody', 'synthesizer', 'synthesizer.model')).toThrow(
      /synthesizer\.model: there is no model "nobody"\. Models: flite, .*kokoro/,
    );
    expect(() => findModel('../secrets', 'synthesizer')).toThrow(/there is no model/);
    expect(() => findModel('flite', 'recognizer', 'recognizer.model')).toThrow(
      /is a synthesizer, not a recog/,
    );
    const path = join(folder, 'wrong.yaml');
    writeFileSync(path, 'stage: singer\nfiles: []\n');
    expect(() => findModel(path)).toThrow(/wrong\.yaml is wrong: stage: .*runner: /);
    writeFileSync(
      path,
      'stage: synthesizer\nrunner: r\ntitle: t\nlicence: { name: l }\nlanguages: []\nconfirmed: false\n' +
        'files: [{ local: a/x }, { local: b/x }]\n',
    );
    expect(() => findModel(path)).toThrow(/two files x/);
  });
});

describe('a missing model', () => {
  it('names the command that fetches everything that is missing', () => {
    const config = loadConfig({ PARLEY_MODELS_PROFILE: 'cpu', PARLEY_MODELS_FOLDER: folder });
    expect(() => readyModels(config)).toThrow(
      /moonshine-tiny-streaming-en for recognizer\.model: .*npm run models -- pull moonshine-tiny-streaming-en smart-turn-v3\.2-cpu qwen3-1\.7b pocket-tts$/,
    );
  });
});
