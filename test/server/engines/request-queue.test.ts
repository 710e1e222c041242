import { expect, it } from 'vitest';

import { RequestQueue, type Queued } from '../../../server/engines/request-queue.js';

const item = (since: number, priority: number, owner?: string): Queued => ({ since, priority, owner });

it('serves the earliest deadline first, so that what waits for long is not passed over for ever', () => {
  const queue = new RequestQueue();
  const later = item(0, 2000);
  const urgent = item(100, 0);
  const evenLater = item(1999, 100);
  for (const one of [later, urgent, evenLater]) queue.push(one);
  expect([queue.shift(), queue.shift(), queue.shift(), queue.shift()]).toEqual([
    urgent,
    later,
    evenLater,
    undefined,
  ]);
});

it('passes over an owner who has enough', () => {
  const queue = new RequestQueue();
  const [first, other, nobodys] = [item(0, 0, 'talkative'), item(1, 0, 'other'), item(2, 0)];
  for (const one of [first, other, nobodys]) queue.push(one);
  const mayRun = (owner: string) => owner !== 'talkative';
  expect([queue.shift(mayRun), queue.shift(mayRun), queue.shift(mayRun)]).toEqual([
    other,
    nobodys,
    undefined,
  ]);
  expect(queue.length).toBe(1);
  expect(queue.shift()).toBe(first);
});
