import { setImmediate as nextTurn } from 'node:timers/promises';

import { describe, expect, it } from 'vitest';

import { deferred } from '../../../server/engines/deferred.js';
import { SequenceGroup } from '../../../server/engines/sequence-group.js';

const never = new AbortController().signal;

describe('the sequences of one context', () => {
  it('are evaluated together when they come before the batch goes, else in the next batch', async () => {
    const group = new SequenceGroup(1000);
    const started: string[] = [];
    const batch = deferred<void>();
    const call = (name: string) => () => {
      started.push(name);
      return batch.promise;
    };
    const first = [group.evaluate(call('a'), 0, never), group.evaluate(call('b'), 0, never)];
    await nextTurn();
    const late = group.evaluate(call('c'), 0, never);
    await nextTurn();
    expect(started).toEqual(['a', 'b']);
    batch.resolve();
    await Promise.all([...first, late]);
    expect(started).toEqual(['a', 'b', 'c']);
  });

  it('wait for a roll-back, and go on after it', async () => {
    const group = new SequenceGroup(1000);
    const erase = deferred<void>();
    const rolledBack = group.rollBack(() => erase.promise);
    let evaluated = false;
    const evaluation = group.evaluate(
      () => {
        evaluated = true;
        return Promise.resolve();
      },
      0,
      never,
    );
    await nextTurn();
    expect(evaluated).toBe(false);
    erase.resolve();
    await Promise.all([rolledBack, evaluation]);
    expect(evaluated).toBe(true);
  });

  it('go on after a call or a roll-back that failed', async () => {
    const group = new SequenceGroup(1000);
    await expect(group.evaluate(() => Promise.reject(new Error('no')), 0, never)).rejects.toThrow('no');
    await expect(group.rollBack(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await group.evaluate(() => Promise.resolve(1), 0, never)).toBe(1);
    await nextTurn();
    expect(await group.evaluate(() => Promise.resolve(2), 0, never)).toBe(2);
  });

  it('are not evaluated when nobody waits for them any more', async () => {
    const group = new SequenceGroup(1000);
    const batch = deferred<void>();
    const first = group.evaluate(() => batch.promise, 0, never);
    await nextTurn();
    const abort = new AbortController();
    let called = false;
    const second = group.evaluate(
      () => {
        called = true;
        return Promise.resolve();
      },
      0,
      abort.signal,
    );
    abort.abort();
    batch.resolve();
    await first;
    await expect(second).rejects.toThrow();
    expect(called).toBe(false);
  });
});
