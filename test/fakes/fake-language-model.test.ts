import { describeEndOfTurn } from '../contract/end-of-turn.contract.js';
import { describeLanguageModel } from '../contract/language-model.contract.js';
import { judgingModel, spokenTurns } from '../helpers/judging-model.js';
import { FakeLanguageModel } from './fake-language-model.js';

describeLanguageModel('fake', () => Promise.resolve(new FakeLanguageModel()));

describeEndOfTurn(
  'the fake language model',
  () => Promise.resolve(judgingModel(new FakeLanguageModel())),
  spokenTurns,
);
