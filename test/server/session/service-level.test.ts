import { describe, expect, it } from 'vitest';

import { ServiceLevel } from '../../../server/session/service-level.js';

describe('the service level', () => {
  let nowMs = 0;
  let queueAgeMs = 0;
  const make = (targetMs: number) => {
    nowMs = queueAgeMs = 0;
    return new ServiceLevel({ targetMs, queueAgeMs: () => queueAgeMs }, () => nowMs);
  };
  const answers = (level: ServiceLevel, ms: number, count = 20) => {
    for (let answer = 0; answer < count; answer++) level.answered(ms);
  };
  const all = { partials: true, drafts: true, clausesAhead: 2 };

  it('is no matter of a few answers', () => {
    const level = make(800);
    answers(level, 5000, 5);
    expect(level.p95Ms).toBeUndefined();
    expect(level.spareWork).toEqual(all);
    expect(level.refusal).toBeUndefined();
  });

  it('gives up partial words, then new callers, then drafts, then clauses ahead', () => {
    const steps = [500, 750, 820, 900, 1100].map((ms) => {
      const level = make(800);
      answers(level, ms);
      const { partials, drafts, clausesAhead } = level.spareWork;
      return [partials, level.refusal === undefined, drafts, clausesAhead];
    });
    expect(steps).toEqual([
      [true, true, true, 2],
      [false, true, true, 2],
      [false, false, true, 2],
      [false, false, false, 2],
      [false, false, false, 1],
    ]);
  });

  it('looks at the slow ones of the last half minute only', () => {
    const level = make(800);
    answers(level, 300, 90);
    answers(level, 1500, 10);
    expect(level.p95Ms).toBe(1500);
    expect(level.refusal).toMatch('as many callers as it can serve well');
    nowMs = 31_000;
    answers(level, 300);
    expect(level.p95Ms).toBe(300);
    expect(level.refusal).toBeUndefined();
  });

  it('hears of an engine whose queue grows before answers are late', () => {
    const level = make(800);
    queueAgeMs = 450;
    expect(level.refusal).toBeDefined();
    expect(level.spareWork).toEqual({ partials: false, drafts: false, clausesAhead: 2 });
  });

  it('asks for nothing without a target', () => {
    const level = make(0);
    answers(level, 60_000);
    queueAgeMs = 60_000;
    expect(level.refusal).toBeUndefined();
    expect(level.spareWork).toEqual(all);
  });
});
