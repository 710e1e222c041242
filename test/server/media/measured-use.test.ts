import { describe, expect, it } from 'vitest';

import { leastUsed, MeasuredUse } from '../../../server/media/measured-use.js';

const place = (share: number, measuredWith: number, calls: number) => {
  const use = new MeasuredUse();
  use.measured(share, measuredWith);
  return { calls, use };
};

describe('placement', () => {
  it('goes by what is used, not by how many calls use it', () => {
    const [busy, idle] = [place(0.6, 2, 2), place(0.1, 5, 5)];
    expect(leastUsed([busy, idle], (one) => one)).toBe(idle);
  });

  it('shares out calls that all come before the next measurement', () => {
    const places = [place(0.2, 4, 4), place(0.2, 4, 4)];
    for (let call = 0; call < 6; call++) {
      const chosen = leastUsed(places, (one) => one);
      if (chosen !== undefined) chosen.calls++;
    }
    expect(places.map(({ calls }) => calls)).toEqual([7, 7]);
  });

  it('begins with the fewest calls where nothing was measured', () => {
    const places = [place(0, 0, 3), place(0, 0, 1)];
    expect(leastUsed(places, (one) => one)).toBe(places[1]);
    expect(leastUsed([], () => place(0, 0, 0))).toBeUndefined();
  });

  it('counts calls that have ended since', () => {
    const [emptied, full] = [place(0.5, 10, 0), place(0.3, 10, 10)];
    expect(leastUsed([full, emptied], (one) => one)).toBe(emptied);
  });
});
