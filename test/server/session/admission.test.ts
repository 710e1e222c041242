import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { ServerFullError } from '../../../server/errors.js';
import type { WaitingUpdate } from '../../../server/protocol.js';
import { Admission } from '../../../server/session/admission.js';

const never = new AbortController().signal;
const ignore = () => undefined;

describe('admission', () => {
  let closed: string | undefined;
  const make = (places: number, waitingPlaces: number) =>
    new Admission({ places, waitingPlaces, closedBecause: () => closed });

  beforeEach(() => {
    closed = undefined;
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('takes so many and no more, however many come at the same moment', async () => {
    const admission = make(3, 0);
    const all = await Promise.allSettled(Array.from({ length: 10 }, () => admission.enter(ignore, never)));
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    expect(admission.taken).toBe(3);
  });

  it('tells whoever does not fit when to try again, sooner where calls are short', async () => {
    const admission = make(1, 0);
    const retryAfter = async () => {
      const refused: unknown = await admission.enter(ignore, never).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(ServerFullError);
      return (refused as ServerFullError).retryAfterSeconds;
    };
    let leave = await admission.enter(ignore, never);
    const first = await retryAfter();
    for (let call = 0; call < 50; call++) {
      vi.advanceTimersByTime(2000);
      leave();
      leave = await admission.enter(ignore, never);
    }
    expect(await retryAfter()).toBeLessThan(first);
    expect(await retryAfter()).toBeGreaterThanOrEqual(1);
  });

  it('gives a place back once, however often that is said', async () => {
    const admission = make(2, 0);
    const leave = await admission.enter(ignore, never);
    await admission.enter(ignore, never);
    leave();
    leave();
    expect(admission.taken).toBe(1);
  });

  it('lets those who wait in by the order in which they came, and tells them where they stand', async () => {
    const admission = make(1, 2);
    const entered: string[] = [];
    const positions: Record<string, number[]> = { a: [], b: [] };
    const leave = await admission.enter(ignore, never);
    const queue = (name: string) =>
      admission
        .enter(({ position }: WaitingUpdate) => positions[name]?.push(position), never)
        .then((left) => {
          entered.push(name);
          return left;
        });
    const [a, b] = [queue('a'), queue('b')];
    await expect(admission.enter(ignore, never)).rejects.toThrow('All 1 places are taken');
    expect(admission.waiting).toBe(2);
    leave();
    const leaveA = await a;
    expect(entered).toEqual(['a']);
    expect(positions).toEqual({ a: [1], b: [2, 1] });
    leaveA();
    await b;
    expect(entered).toEqual(['a', 'b']);
    expect(admission.taken).toBe(1);
  });

  it('forgets whoever leaves the line', async () => {
    const admission = make(1, 2);
    const leave = await admission.enter(ignore, never);
    const impatient = new AbortController();
    const gone = admission.enter(ignore, impatient.signal);
    const stays = admission.enter(ignore, never);
    impatient.abort(new Error('went away'));
    await expect(gone).rejects.toThrow('went away');
    leave();
    await stays;
    expect([admission.taken, admission.waiting]).toEqual([1, 0]);
  });

  it('lets nobody in while those inside are served badly, and those who wait when that is over', async () => {
    const admission = make(2, 1);
    closed = 'The server is slow.';
    const waits = admission.enter(ignore, never);
    await expect(admission.enter(ignore, never)).rejects.toThrow('The server is slow. Please try again');
    closed = undefined;
    vi.advanceTimersByTime(1000);
    await waits;
    expect(admission.taken).toBe(1);
    // Nobody overtakes: the next one finds an empty line and enters at once.
    await admission.enter(ignore, never);
    expect(admission.taken).toBe(2);
  });
});
