import { describe, expect, it } from 'vitest';

import { readAhead } from '../../../server/engines/read-ahead.js';
import { Turnstile } from '../../../server/engines/turnstile.js';
import { isAbort } from '../../../server/errors.js';
import { until } from '../../helpers/until.js';

const never = new AbortController().signal;

describe('a turnstile', () => {
  it('lets one through at a time, in the order of arrival', async () => {
    const turnstile = new Turnstile();
    const order: number[] = [];
    let inside = 0;
    await Promise.all(
      [1, 2, 3].map(async (number) => {
        const leave = await turnstile.enter(never);
        expect(++inside).toBe(1);
        await Promise.resolve();
        order.push(number);
        inside--;
        leave();
      }),
    );
    expect(order).toEqual([1, 2, 3]);
    await turnstile.drained();
  });

  it('lets the next one in when one in the queue gives up', async () => {
    const turnstile = new Turnstile();
    const leave = await turnstile.enter(never);
    const abort = new AbortController();
    const second = turnstile.enter(abort.signal);
    const third = turnstile.enter(never);
    expect(turnstile.waiting).toBe(2);
    abort.abort();
    await expect(second).rejects.toSatisfy(isAbort);
    expect(turnstile.waiting).toBe(1);
    leave();
    (await third)();
    await turnstile.drained();
  });
});

describe('reading ahead', () => {
  async function* numbers(count: number, made: number[] = []) {
    for (let number = 0; number < count; number++) {
      made.push(number);
      yield await Promise.resolve(number);
    }
  }

  it('gives every item in order, while the producer runs ahead', async () => {
    const made: number[] = [];
    const reader = readAhead(() => numbers(5, made), never);
    expect(await reader.next()).toEqual({ value: 0, done: false });
    await until('the producer is through', () => made.length === 5);
    const rest: number[] = [];
    for await (const number of reader) rest.push(number);
    expect(rest).toEqual([1, 2, 3, 4]);
  });

  it('throws what the producer throws, after what it made', async () => {
    async function* broken() {
      yield await Promise.resolve(1);
      throw new Error('no more');
    }
    const reader = readAhead(broken, never);
    expect((await reader.next()).value).toBe(1);
    await expect(reader.next()).rejects.toThrow('no more');
  });

  it('ends the producer when the reader leaves or the signal aborts', async () => {
    for (const how of ['leave', 'abort']) {
      const abort = new AbortController();
      let producer: AbortSignal | undefined;
      const reader = readAhead(async function* (signal) {
        producer = signal;
        yield await Promise.resolve(1);
        await new Promise(() => {});
      }, abort.signal);
      await reader.next();
      if (how === 'leave') await reader.return(undefined);
      else {
        const next = reader.next();
        abort.abort();
        await expect(next).rejects.toSatisfy(isAbort);
      }
      expect(producer?.aborted).toBe(true);
    }
  });
});
