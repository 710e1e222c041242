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
    const first = [group.step(call('a'), never), group.prompt(call('b'), 3, never)];
    await nextTurn();
    const late = group.step(call('c'), never);
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
    const evaluation = group.step(() => {
      evaluated = true;
      return Promise.resolve();
    }, never);
    await nextTurn();
    expect(evaluated).toBe(false);
    erase.resolve();
    await Promise.all([rolledBack, evaluation]);
    expect(evaluated).toBe(true);
  });

  it('go on after a call or a roll-back that failed', async () => {
    const group = new SequenceGroup(1000);
    await expect(group.step(() => Promise.reject(new Error('no')), never)).rejects.toThrow('no');
    await expect(group.rollBack(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await group.step(() => Promise.resolve(1), never)).toBe(1);
    await nextTurn();
    expect(await group.prompt((tokens) => Promise.resolve(tokens), 2, never)).toBe(2);
  });

  it('are not evaluated when nobody waits for them any more', async () => {
    const group = new SequenceGroup(1000);
    const batch = deferred<void>();
    const first = group.step(() => batch.promise, never);
    await nextTurn();
    const abort = new AbortController();
    let called = false;
    const second = group.prompt(
      () => {
        called = true;
        return Promise.resolve();
      },
      5,
      abort.signal,
    );
    abort.abort();
    batch.resolve();
    await first;
    await expect(second).rejects.toThrow();
    expect(called).toBe(false);
  });

  it('bring more of a prompt at a time when nobody is answered, and share the room', async () => {
    const take = (group: SequenceGroup) => group.prompt((tokens) => Promise.resolve(tokens), 1000, never);
    const alone = await take(new SequenceGroup(1000));
    const group = new SequenceGroup(1000);
    group.prompting = 2;
    const shared = await Promise.all([take(group), take(group)]);
    expect(shared).toEqual([alone / 2, alone / 2]);
    group.prompting = 1;
    group.replying = 1;
    expect(await take(group)).toBeLessThan(alone / 2);
  });

  it('leave a prompt for the next batch when others have taken the room beside an answer', async () => {
    const group = new SequenceGroup(1000);
    group.replying = 1;
    group.prompting = 3;
    const batch = deferred<void>();
    const boarded: number[] = [];
    const prompts = [0, 1, 2].map((name) =>
      group.prompt(
        () => {
          boarded.push(name);
          return batch.promise;
        },
        9,
        never,
      ),
    );
    await nextTurn();
    expect(boarded).toEqual([0]);
    batch.resolve();
    await Promise.all(prompts);
    expect(boarded).toEqual([0, 1, 2]);
  });

  it('let answers go on without prompts now and then, and prompts without answers when none comes', async () => {
    const group = new SequenceGroup(1000);
    group.replying = 1;
    group.prompting = 1;
    let batches = 0;
    let besides = 0;
    let stop = false;
    const prompting = (async () => {
      for (; !stop;) {
        await group.prompt(
          async () => {
            besides++;
            await nextTurn();
          },
          9,
          never,
        );
      }
    })();
    for (; batches < 100; batches++) await group.step(() => nextTurn(), never);
    expect(besides).toBeGreaterThan(50);
    expect(besides).toBeLessThan(100);
    const before = besides;
    while (besides < before + 100) await nextTurn();
    stop = true;
    await prompting;
  });
});
