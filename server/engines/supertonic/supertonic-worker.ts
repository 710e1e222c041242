/** Entry of Supertonic's thread. */
import { serveSynthesizer } from '../synthesis/serve-synthesizer.js';
import { SupertonicModel, type SupertonicSetup } from './supertonic-model.js';

serveSynthesizer((setup: SupertonicSetup, replacement) => SupertonicModel.load(setup, !replacement));
