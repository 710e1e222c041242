/** Entry of Pocket TTS's thread. */
import { serveSynthesizer } from '../synthesis/serve-synthesizer.js';
import { PocketModel, type PocketSetup } from './pocket-model.js';

serveSynthesizer((setup: PocketSetup) => PocketModel.load(setup));
