import { beforeAll, expect, test } from 'vitest';

import { FliteProgram } from '../../../server/engines/flite-program.js';

const TEXTS = ['Hello.', 'Once upon a time a fox lived in a deep dark wood.', 'It is twelve past nine.'];

let fresh: FliteProgram;
let used: FliteProgram;

beforeAll(async () => {
  fresh = await FliteProgram.load();
  used = await FliteProgram.load();
});

test('says the same after many runs as in its first', () => {
  const first = fresh.speak('slt', TEXTS[1] ?? '');
  for (let run = 0; run < 30; run++) used.speak(run % 2 ? 'awb' : 'rms', TEXTS[run % TEXTS.length] ?? '');
  expect(used.speak('slt', TEXTS[1] ?? '')).toEqual(first);
  expect(first.samples.length).toBeGreaterThan(first.sampleRateHz);
});
