/** Entry of Kokoro's thread. */
import { serveSynthesizer } from '../synthesis/serve-synthesizer.js';
import { warmLengths } from '../synthesis/warm-lengths.js';
import { KokoroModel, type KokoroSetup } from './kokoro-model.js';

serveSynthesizer(async (setup: KokoroSetup, replacement) => {
  const model = await KokoroModel.load(setup);
  await warmLengths(model, setup, replacement);
  return model;
});
