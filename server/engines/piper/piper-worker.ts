/** Entry of Piper's thread. */
import { serveSynthesizer } from '../synthesis/serve-synthesizer.js';
import { PiperModel, type PiperSetup } from './piper-model.js';

serveSynthesizer((setup: PiperSetup) => PiperModel.load(setup));
