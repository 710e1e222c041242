import { describe, expect, it } from 'vitest';
import { SpeechGate, type SpeechGateOptions } from '../../../server/media/speech-gate.js';

function run(options: Partial<SpeechGateOptions>, probabilities: number[]): string {
  const gate = new SpeechGate({
    vadThreshold: 0.5,
    vadOffThreshold: 0.35,
    voicedStartMs: 32,
    voicedStopMs: 32,
    ...options,
  });
  return probabilities.map((probability) => (gate.update(probability) ? '#' : '.')).join('');
}

describe('speech gate', () => {
  it('opens at the upper threshold and closes below the lower one', () => {
    expect(run({}, [0.4, 0.49, 0.5, 0.4, 0.36, 0.35, 0.34, 0.4, 0.9])).toBe('..####..#');
  });

  it('opens and closes only after the time asked for, counted in windows without a break', () => {
    const options = { voicedStartMs: 96, voicedStopMs: 64 };
    expect(run(options, [1, 1, 0, 1, 1, 1, 0, 1, 0, 0, 0])).toBe('.....####..');
  });

  it('says in which of its four states it is', () => {
    const gate = new SpeechGate({
      vadThreshold: 0.5,
      vadOffThreshold: 0.35,
      voicedStartMs: 64,
      voicedStopMs: 64,
    });
    const states = [0, 1, 1, 1, 0, 1, 0, 0].map((probability) => {
      gate.update(probability);
      return gate.state;
    });
    expect(states).toEqual([
      'quiet',
      'starting',
      'speaking',
      'speaking',
      'stopping',
      'speaking',
      'stopping',
      'quiet',
    ]);
  });
});
