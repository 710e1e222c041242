/** A language model in the part of an end-of-turn detector: every request is of a caller of its own. */
import type { LanguageModel } from '../../server/engines/engine-types.js';
import type { TurnJudge } from '../contract/end-of-turn.contract.js';

export function judgingModel(model: LanguageModel): TurnJudge {
  return {
    warm: (signal) => model.warm(signal),
    close: () => model.close(),
    probability: async ({ history, words }, signal) => {
      const handle = model.open();
      try {
        return await handle.endOfTurn(history, words, signal);
      } finally {
        await handle.close();
      }
    },
  };
}

/** What most models can tell apart by their words. */
export function spokenTurns() {
  const history = [{ role: 'system', text: 'You are Ada, a friendly coach.' }] as const;
  const speech = new Int16Array(1600);
  return {
    finished: { words: 'my name is marvin', history, speech },
    unfinished: { words: 'my name is', history, speech },
  };
}
