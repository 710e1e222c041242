/**
 * Turns that the conversation bench found wrong, replayed: what turn-taking was told then, as its record says
 * (server/session/turn-record.ts), and what it has to decide now.
 */
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../server/config.js';
import { replayTurn } from '../../helpers/replay-turn.js';

const faults: { fault: string; record: string; decided: string[] }[] = [
  {
    fault: 'the agent went on in the middle of "stop", between its first sound and its vowel',
    record: `VVSSSSSSSVVVVVVVSVVVVVVVVVVVVVVVVVV####.....<150>.`,
    decided: ['ducking', 'holding', 'began', 'interrupting', 'paused', 'ended'],
  },
  {
    fault: 'an "uh huh" that was recognised as other words stopped the agent',
    record: `VVVVVVVVVSSS~SSSSSSSSSSSSS`,
    decided: ['ducking', 'holding', 'began', 'paused', 'quiet', 'dropped'],
  },
  {
    fault: 'the agent spoke on over a caller whose first short words were taken for those of a listener',
    record: `VVVVVVSS~SSSSSSSVVSS~VVVVVVVVVVVVVSVVSS!..#########################..##########....<150>.`,
    decided: [
      ...['ducking', 'holding', 'began', 'paused', 'resumed', 'paused', 'resumed', 'paused'],
      ...['resumed', 'paused', 'resumed', 'paused', 'ended'],
    ],
  },
  {
    fault: 'the agent spoke a little more between the words of "no, tell me a joke"',
    record: `VVVVVVVVSS~SSSSSSSVVVSSSSSSS~SSSSSSSSS`,
    decided: ['ducking', 'holding', 'began', 'paused', 'resumed', 'paused', 'quiet', 'dropped'],
  },
];

describe('a turn that went wrong once', () => {
  it.each(faults)('goes right now: $fault', ({ record, decided }) => {
    const events = replayTurn(record, loadConfig({}).turn);
    expect(events.map(({ event }) => event.type)).toEqual(decided);
  });
});
