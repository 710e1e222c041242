import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { deferred } from '../../../server/engines/deferred.js';
import { startOrder } from '../../../server/engines/start-order.js';

const limitMs = 60_000;

/** Engines whose start and first request end when the test lets them. */
function engines() {
  const log: string[] = [];
  const gates = new Map<string, ReturnType<typeof deferred<void>>>();
  const gate = (name: string) => {
    const known = gates.get(name) ?? deferred<void>();
    gates.set(name, known);
    log.push(name);
    return known.promise;
  };
  const start = (name: string) => async () => {
    await gate(`start ${name}`);
    return { name, warm: () => gate(`warm ${name}`), close: () => Promise.resolve() };
  };
  const pass = async (name: string) => {
    gates.get(name)?.resolve();
    for (let turn = 0; turn < 3; turn++) await nextTurn();
  };
  return { log, start, pass, gates };
}

it('starts all at once where they do not share a card', async () => {
  const { log, start, pass } = engines();
  const inOrder = startOrder(false, limitMs);
  const started = [inOrder(start('a')), inOrder(start('b'))];
  expect(log).toEqual(['start a', 'start b']);
  await pass('start a');
  await pass('start b');
  expect((await Promise.all(started)).map(({ name }) => name)).toEqual(['a', 'b']);
  expect(log).toHaveLength(2);
});

it('starts one by one where they do, each when the one before is warm', async () => {
  const { log, start, pass } = engines();
  const inOrder = startOrder(true, limitMs);
  const started = [inOrder(start('a')), inOrder(start('b'))];
  await nextTurn();
  expect(log).toEqual(['start a']);
  await pass('start a');
  expect(log).toEqual(['start a', 'warm a']);
  await pass('warm a');
  expect(log).toEqual(['start a', 'warm a', 'start b']);
  await pass('start b');
  expect((await Promise.all(started)).map(({ name }) => name)).toEqual(['a', 'b']);
});

it('does not count loading as part of the first request', async () => {
  const inOrder = startOrder(true, 1);
  const warmed = deferred<boolean>();
  const engine = {
    name: 'a',
    warm: (signal: AbortSignal) => {
      warmed.resolve(signal.aborted);
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
  await inOrder(async () => {
    await once(AbortSignal.timeout(5), 'abort');
    return engine;
  });
  expect(await warmed.promise).toBe(false);
});

it('starts none behind one that fails, in its start or its first request', async () => {
  for (const step of ['start a', 'warm a']) {
    const { log, start, pass, gates } = engines();
    const inOrder = startOrder(true, limitMs);
    const started = Promise.allSettled([inOrder(start('a')), inOrder(start('b')), inOrder(start('c'))]);
    await nextTurn();
    if (step === 'warm a') await pass('start a');
    gates.get(step)?.reject(new Error('no memory'));
    const [first, ...others] = await started;
    expect(first.status).toBe(step === 'warm a' ? 'fulfilled' : 'rejected');
    for (const other of others) expect(other).toMatchObject({ reason: { message: 'no memory' } });
    expect(log.at(-1)).toBe(step);
  }
});
