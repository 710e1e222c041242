import { describe, expect, it } from 'vitest';

import { quantile, quantiles } from '../../helpers/quantiles.js';
import { judge, linesOf, mostCallers, nameOf } from './script.js';

const [hello, , sum, ask, joke] = linesOf(0);
if (!hello || !sum || !ask || !joke) throw new Error('A line is missing.');

describe('the judge of answers', () => {
  it('knows a right answer and a wrong one', () => {
    expect(judge(ask, `Your name is ${nameOf(0)}.`, '', 0, 8)).toBe('right');
    expect(judge(ask, 'You have not told me your name yet.', '', 0, 8)).toBe('wrong');
    expect(judge(sum, 'One plus one is two.', '', 0, 8)).toBe('right');
    expect(judge(sum, 'One plus one is 2.', '', 0, 8)).toBe('right');
    expect(judge(sum, 'One plus one is 12.', '', 0, 8)).toBe('wrong');
    expect(judge(joke, 'Why did the chicken cross the road?', '', 0, 8)).toBe('unchecked');
  });

  it('finds what another caller said', () => {
    expect(judge(ask, `Your name is ${nameOf(3)}.`, 'what is my name', 0, 8)).toBe('crossed');
    expect(judge(joke, `Well, ${nameOf(3)}, here is one.`, '', 0, 8)).toBe('crossed');
  });

  it('does not take a name that was misheard for a crossing, nor one that nobody has', () => {
    expect(judge(ask, `Your name is ${nameOf(3)}.`, `hello my name is ${nameOf(3)}`, 0, 8)).toBe('wrong');
    expect(judge(ask, `Your name is ${nameOf(9)}.`, '', 0, 8)).toBe('wrong');
  });

  it('has a name of its own for every caller', () => {
    const names = Array.from({ length: mostCallers }, (_, caller) => nameOf(caller).toLowerCase());
    expect(new Set(names).size).toBe(mostCallers);
    expect(() => nameOf(mostCallers)).toThrow(`names for ${mostCallers} callers only`);
  });
});

it('quantiles are values that were measured, by nearest rank', () => {
  const values = Array.from({ length: 20 }, (_, index) => 20 - index);
  expect(quantiles(values)).toEqual({ count: 20, p50: 10, p95: 19, p99: 20, max: 20 });
  expect(quantile([], 0.5)).toBeNaN();
});
