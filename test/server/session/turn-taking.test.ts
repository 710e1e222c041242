import { describe, expect, it } from 'vitest';
import { TurnTaking, type TurnEvent } from '../../../server/session/turn-taking.js';
import { replayTurn } from '../../helpers/replay-turn.js';

const options = {
  endSilenceMs: 500,
  pauseMs: 96,
  minSpeechMs: 96,
  holdMs: 160,
  interruptMs: 800,
  maxLengthMs: 10_000,
};

const play = (taking: TurnTaking, windows: string, from = 0) => replayTurn(windows, options, taking, from);

const types = (events: { event: TurnEvent }[]) => events.map(({ event }) => event.type);

describe('turn taking', () => {
  it('begins after three voiced windows, pauses after three silent ones, and ends after 500 ms of silence', () => {
    const events = play(new TurnTaking(options), '..####' + '.'.repeat(20));
    expect(events).toEqual([
      { at: 4, event: { type: 'began', position: 2 * 512 } },
      { at: 8, event: { type: 'paused' } },
      { at: 21, event: { type: 'ended', lastVoiced: 6 * 512 } },
    ]);
  });

  it('takes a click for noise', () => {
    expect(play(new TurnTaking(options), '##' + '.'.repeat(20) + '##' + '.'.repeat(20))).toEqual([]);
  });

  it('goes on with the turn when the caller does', () => {
    const events = play(new TurnTaking(options), '####' + '.'.repeat(15) + '####' + '.'.repeat(16));
    expect(types(events)).toEqual(['began', 'paused', 'resumed', 'paused', 'ended']);
  });

  it('ends a pause as soon or as late as it is told, and forgets that with the pause', () => {
    const taking = new TurnTaking(options);
    play(taking, '####...');
    taking.endAfter(160);
    expect(play(taking, '....', 7).map(({ at, event }) => `${at} ${event.type}`)).toEqual(['8 ended']);
    play(taking, '####...', 20);
    taking.endAfter(1200);
    expect(play(taking, '.'.repeat(34), 27)).toEqual([]);
    expect(types(play(taking, '##' + '.'.repeat(16), 61))).toEqual(['resumed', 'paused', 'ended']);
  });

  it('lowers, holds and stops the agent, each once and each after more voice', () => {
    const events = play(new TurnTaking(options), 'V'.repeat(40) + '.'.repeat(16));
    expect(events.map(({ at, event }) => `${at} ${event.type}`)).toEqual([
      '0 ducking',
      '2 began',
      '4 holding',
      '24 interrupting',
      '42 paused',
      '55 ended',
    ]);
  });

  it('lets the agent be after a click', () => {
    expect(types(play(new TurnTaking(options), 'V' + 'S'.repeat(20)))).toEqual(['ducking', 'quiet']);
  });

  it('lets the agent go on after two knocks that made it pause', () => {
    const taking = new TurnTaking({ ...options, holdMs: 64 });
    const knock = ['ducking', 'holding', 'quiet'];
    expect(types(play(taking, 'VVSSSSSSSSSSSVVSSSSSSSSSSSSSSS'))).toEqual([...knock, ...knock]);
  });

  it('drops a short sound that ends while the agent speaks on', () => {
    const taking = new TurnTaking(options);
    const events = play(taking, 'V'.repeat(8) + 'S'.repeat(20));
    expect(types(events)).toEqual(['ducking', 'began', 'holding', 'paused', 'dropped']);
  });

  it('keeps a short sound whose words mean to stop the agent', () => {
    const taking = new TurnTaking(options);
    play(taking, 'V'.repeat(8) + 'SSS');
    expect(taking.meant).toBe(false);
    taking.confirmInterruption();
    expect(taking.meant).toBe(true);
    expect(types(play(taking, 'S'.repeat(16)))).toEqual(['ended']);
  });

  it('keeps a short answer when the agent has finished meanwhile', () => {
    const events = play(new TurnTaking(options), 'VVVV' + '.'.repeat(20));
    expect(types(events)).toEqual(['ducking', 'began', 'paused', 'ended']);
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
        } else if (event.type === 'ended' || event.type === 'dropped') {
          expect(open).toBe(true);
          open = false;
        }
      }
      expect(open).toBe(false);
    }
  });
});
