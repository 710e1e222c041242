import { describe, expect, it } from 'vitest';
import { TurnTaking, type TurnEvent } from '../../../server/session/turn-taking.js';

const options = { endSilenceMs: 500, minSpeechMs: 96, interruptMs: 192, maxLengthMs: 10_000 };

/** Plays windows of 32 ms: `#` is voice, `.` silence, capital letters while the agent speaks (`V` voice, `S` silence). */
function play(taking: TurnTaking, windows: string, from = 0): { at: number; event: TurnEvent }[] {
  return [...windows].flatMap((kind, index) =>
    taking
      .hear(
        { position: (from + index) * 512, voiced: kind === '#' || kind === 'V' },
        kind === 'V' || kind === 'S',
      )
      .map((event) => ({ at: index, event })),
  );
}

describe('turn taking', () => {
  it('begins a turn after three voiced windows and ends it after 500 ms of silence', () => {
    const events = play(new TurnTaking(options), '..####' + '.'.repeat(20));
    expect(events).toEqual([
      { at: 4, event: { type: 'began', position: 2 * 512 } },
      { at: 21, event: { type: 'ended', lastVoiced: 6 * 512 } },
    ]);
  });

  it('takes a click for noise', () => {
    expect(play(new TurnTaking(options), '##' + '.'.repeat(20) + '##' + '.'.repeat(20))).toEqual([]);
  });

  it('bridges pauses that are shorter than the end of a turn', () => {
    const events = play(new TurnTaking(options), '####' + '.'.repeat(15) + '####' + '.'.repeat(16));
    expect(events.map(({ event }) => event.type)).toEqual(['began', 'ended']);
  });

  it('stops the agent after 192 ms of voice, once', () => {
    const events = play(new TurnTaking(options), 'V'.repeat(20) + '.'.repeat(16));
    expect(events.map(({ at, event }) => `${at} ${event.type}`)).toEqual([
      '2 began',
      '5 interrupting',
      '35 ended',
    ]);
  });

  it('drops a short sound that ends while the agent speaks on', () => {
    const events = play(new TurnTaking(options), 'VVVV' + 'S'.repeat(20));
    expect(events.map(({ event }) => event.type)).toEqual(['began', 'dropped']);
  });

  it('keeps a short answer when the agent has finished meanwhile', () => {
    const events = play(new TurnTaking(options), 'VVVV' + '.'.repeat(20));
    expect(events.map(({ event }) => event.type)).toEqual(['began', 'ended']);
  });

  it('ends a turn that never pauses', () => {
    const events = play(new TurnTaking(options), '#'.repeat(400));
    expect(events.filter(({ event }) => event.type === 'ended')).toHaveLength(1);
  });

  it('pairs every beginning with one end, whatever is heard', () => {
    let seed = 7;
    const random = () => (seed = (seed * 1103515245 + 12345) % 2 ** 31) / 2 ** 31;
    for (let run = 0; run < 200; run++) {
      const windows =
        Array.from({ length: 600 }, () => '#.VS'[Math.floor(random() * 4)]).join('') + '.'.repeat(40);
      let open = false;
      for (const { event } of play(new TurnTaking(options), windows)) {
        if (event.type === 'began') {
          expect(open).toBe(false);
          open = true;
        } else if (event.type !== 'interrupting') {
          expect(open).toBe(true);
          open = false;
        }
      }
      expect(open).toBe(false);
    }
  });
});
