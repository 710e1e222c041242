import { describeSpeechRecognizer } from '../contract/speech-recognizer.contract.js';
import { FakeRecognizer } from './fake-recognizer.js';

const speech = new Int16Array(32_000).fill(1000);

describeSpeechRecognizer('the fake', {
  start: () => Promise.resolve(new FakeRecognizer()),
  sentences: () =>
    Promise.resolve([
      { words: 'what is the capital of france', speech },
      { words: 'and who lives there', speech },
    ]),
  expect: (recognizer, ...sentences) => {
    const fake = recognizer as FakeRecognizer;
    fake.script.length = 0;
    fake.say(...sentences.map(({ words }) => words));
  },
});
