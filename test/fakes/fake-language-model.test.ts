import { describeLanguageModel } from '../contract/language-model.contract.js';
import { FakeLanguageModel } from './fake-language-model.js';

describeLanguageModel('fake', () => Promise.resolve(new FakeLanguageModel()));
