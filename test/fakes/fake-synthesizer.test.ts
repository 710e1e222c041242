import { describeSpeechSynthesizer } from '../contract/speech-synthesizer.contract.js';
import { FakeSynthesizer } from './fake-synthesizer.js';

describeSpeechSynthesizer('the fake', () => Promise.resolve(new FakeSynthesizer()));
