/** Entry of Kokoro's thread. */
import { serveSynthesizer } from '../synthesis/serve-synthesizer.js';
import { KokoroModel, type KokoroSetup } from './kokoro-model.js';

serveSynthesizer((setup: KokoroSetup) => KokoroModel.load(setup));
