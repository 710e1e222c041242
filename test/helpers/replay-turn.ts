/** Plays the record of a turn through the turn logic again. */
import { TurnTaking, type TurnEvent, type TurnTakingOptions } from '../../server/session/turn-taking.js';

/**
 * @param record as `TurnRecord` writes it.
 * @returns what was decided, each with the number of the window at which it was.
 */
export function replayTurn(
  record: string,
  options: TurnTakingOptions,
  taking = new TurnTaking(options),
  from = 0,
): { at: number; event: TurnEvent }[] {
  const events: { at: number; event: TurnEvent }[] = [];
  let window = from;
  for (const [token] of record.matchAll(/[.#VS!~]|<\d+>/g)) {
    if (token === '!') taking.confirmInterruption();
    else if (token === '~') taking.takeForListener();
    else if (token.startsWith('<')) taking.endAfter(Number(token.slice(1, -1)));
    else {
      const heard = { position: window * 512, voiced: token === '#' || token === 'V' };
      const told = taking.hear(heard, token === 'V' || token === 'S');
      events.push(...told.map((event) => ({ at: window, event })));
      window++;
    }
  }
  return events;
}
