import { setImmediate } from 'node:timers/promises';

import { expect, test } from 'vitest';

import { collectGarbage } from '../../server/collect-garbage.js';

/** Something that nobody else holds. A weak reference holds it until the task that made it is over. */
function waste(): WeakRef<object> {
  return new WeakRef({ bytes: new Uint8Array(1000) });
}

test('frees what nobody holds, again and again', async () => {
  for (let time = 0; time < 3; time++) {
    const wasted = waste();
    await setImmediate();
    collectGarbage();
    expect(wasted.deref()).toBeUndefined();
  }
});
