import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { EndOfTurnDetector } from '../../../../server/engines/engine-types.js';
import { SmartTurnDetector } from '../../../../server/engines/smart-turn/smart-turn-detector.js';
import { ModelUnusableError } from '../../../../server/errors.js';
import { createLogger } from '../../../../server/log.js';
import { describeEndOfTurn } from '../../../contract/end-of-turn.contract.js';
import { startSmall } from '../../../helpers/small-engines.js';
import { smallModel, tones } from '../../../helpers/small-models.js';

const never = new AbortController().signal;

describeEndOfTurn(
  'Smart Turn',
  () => startSmall('endOfTurn', 'smart-turn-v3.2-cpu', 'smart-turn'),
  () => ({
    finished: { words: '', history: [], speech: tones([' he', ' went', ' home', '.']).speech },
    unfinished: { words: '', history: [], speech: tones([' What', ' is', ' the']).speech },
  }),
);

/** The small model takes the sounds of "." and "?" at the end for the end of a turn. */
describe('Smart Turn', () => {
  let detector: EndOfTurnDetector;

  beforeAll(async () => {
    detector = await startSmall('endOfTurn', 'smart-turn-v3.2-cpu', 'smart-turn');
    await detector.warm(never);
  });
  afterAll(() => detector.close());

  const probability = (speech: Int16Array): Promise<number> =>
    detector.probability({ words: '', history: [], speech }, never);

  it('tells a turn that is over from one that goes on', async () => {
    expect(await probability(tones([' What', ' is', ' the', ' time', '?']).speech)).toBeGreaterThan(0.9);
    expect(await probability(tones([' he', ' went', ' home', '.']).speech)).toBeGreaterThan(0.9);
    expect(await probability(tones([' What', ' is', ' the']).speech)).toBeLessThan(0.1);
    // An end long ago is none: there is more than eight seconds of speech after the mark, or a second.
    expect(await probability(tones(['.', ' he', ' went', ' home', ' now']).speech)).toBeLessThan(0.1);
  });

  it('looks at the last eight seconds', async () => {
    const pieces = Array.from({ length: 40 }, () => ' he');
    const { speech } = tones([...pieces, '.']);
    expect(speech.length).toBeGreaterThan(10 * 16_000);
    expect(await probability(speech)).toBeGreaterThan(0.9);
  });

  it('says what is wrong with a file that is another model', async () => {
    const path = smallModel('moonshine', 'encoder.ort');
    const starting = SmartTurnDetector.start({ path, logger: createLogger('silent') });
    await expect(starting).rejects.toThrow(ModelUnusableError);
    await expect(starting).rejects.toThrow('input_features');
  });
});
