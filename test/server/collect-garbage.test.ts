import { expect, test } from 'vitest';

import { collectGarbage } from '../../server/collect-garbage.js';

test('frees what nobody holds, again and again', () => {
  for (let time = 0; time < 2; time++) {
    let bytes: ArrayBuffer | undefined = new ArrayBuffer(1 << 26);
    const held = process.memoryUsage().arrayBuffers;
    expect(bytes.byteLength).toBe(1 << 26);
    bytes = undefined;
    collectGarbage();
    expect(process.memoryUsage().arrayBuffers).toBeLessThan(held);
  }
});
