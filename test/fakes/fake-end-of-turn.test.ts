import { describeEndOfTurn } from '../contract/end-of-turn.contract.js';
import { spokenTurns } from '../helpers/judging-model.js';
import { FakeEndOfTurn } from './fake-end-of-turn.js';

describeEndOfTurn(
  'the fake',
  () => Promise.resolve(new FakeEndOfTurn(({ words }) => (words.endsWith(' is') ? 0.2 : 0.8))),
  spokenTurns,
);
