import { describe, expect, it } from 'vitest';
import { playoutBetween, playoutTotals } from '../../client/playout-report.js';

const reading = (delaySeconds: number, samples: number, playoutSeconds = 0, played = 0) =>
  playoutTotals([
    { type: 'inbound-rtp', jitterBufferDelay: delaySeconds, jitterBufferEmittedCount: samples },
    { type: 'candidate-pair', nominated: false, currentRoundTripTime: 9 },
    { type: 'candidate-pair', nominated: true, currentRoundTripTime: 0.0123 },
    ...(played > 0
      ? [{ type: 'media-playout', totalPlayoutDelay: playoutSeconds, totalSamplesCount: played }]
      : []),
  ]);

describe('playoutBetween', () => {
  it('is the mean over the interval, not over the call', () => {
    const report = playoutBetween(reading(1000, 20_000), reading(2440, 68_000), 15);
    expect(report).toEqual({ jitterBufferMs: 30, roundTripMs: 12.3, outputMs: 15 });
  });

  it('prefers what the browser measured over what the audio system claims', () => {
    const report = playoutBetween(reading(0, 0), reading(10, 1000, 20, 1000), 15);
    expect(report?.outputMs).toBe(20);
  });

  it('says nothing when nothing was played', () => {
    expect(playoutBetween(reading(1, 500), reading(1, 500), 0)).toBeUndefined();
  });

  it('never reports a negative time', () => {
    expect(playoutBetween(reading(5, 100), reading(4, 200), 0)?.jitterBufferMs).toBe(0);
  });

  it('takes missing statistics for zero', () => {
    expect(playoutTotals([{ type: 'inbound-rtp' }, { type: 'candidate-pair', nominated: true }])).toEqual({
      jitterBufferDelaySeconds: 0,
      jitterBufferSamples: 0,
      playoutDelaySeconds: 0,
      playoutSamples: 0,
      roundTripMs: 0,
    });
  });
});
