import { describe, expect, it } from 'vitest';
import { latencyBreakdown } from '../../client/latency-parts.js';

const latency = {
  turnId: 3,
  endpointMs: 500,
  recognitionMs: 48,
  firstTokenMs: 31,
  firstClauseMs: 62,
  firstAudioMs: 38,
  pacerMs: 9,
  voiceToVoiceMs: 688,
};

const sum = (parts: { ms: number }[]) => parts.reduce((total, { ms }) => total + ms, 0);

describe('latencyBreakdown', () => {
  it('lists the parts in the order of time, and they add up', () => {
    const { parts, totalMs, label } = latencyBreakdown(latency);
    expect(parts.map(({ key }) => key)).toEqual([
      'endpoint',
      'recognition',
      'firstToken',
      'firstClause',
      'firstAudio',
      'pacer',
    ]);
    expect(sum(parts)).toBe(totalMs);
    expect(label).toBe('voice to voice');
  });

  it('adds what lies outside the server once the browser has told it', () => {
    const { parts, totalMs, label } = latencyBreakdown({ ...latency, mouthToEarMs: 741 });
    expect(parts.at(-1)).toMatchObject({ key: 'network', ms: 53 });
    expect(sum(parts)).toBe(totalMs);
    expect(label).toBe('mouth to ear');
  });
});
