/** Entry of Piper's thread. */
import { serveSynthesizer } from '../synthesis/serve-synthesizer.js';
import { warmLengths } from '../synthesis/warm-lengths.js';
import { PiperModel, type PiperSetup } from './piper-model.js';

serveSynthesizer(async (setup: PiperSetup, replacement) => {
  const model = await PiperModel.load(setup);
  await warmLengths(model, setup, replacement);
  return model;
});
