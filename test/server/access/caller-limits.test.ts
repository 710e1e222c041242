import { describe, expect, it } from 'vitest';
import { CallerLimits } from '../../../server/access/caller-limits.js';
import { TokenBucket, TokenBuckets } from '../../../server/token-bucket.js';
import { loadConfig } from '../../../server/config.js';
import { PacketBudget } from '../../../server/signalling/packet-budget.js';

const { limits } = loadConfig({
  PARLEY_LIMITS_CONNECTIONS_PER_ADDRESS: '3',
  PARLEY_LIMITS_NEW_CONNECTIONS_PER_SECOND: '2',
  PARLEY_LIMITS_NEW_CONNECTIONS_BURST: '60',
  PARLEY_LIMITS_CALLS_PER_ADDRESS: '3',
  PARLEY_LIMITS_HALF_OPEN_CALLS_PER_ADDRESS: '2',
});
const many = { id: 'many', maxCalls: 100 };

describe('a token bucket', () => {
  it('gives its burst at once and its rate for ever', () => {
    const bucket = new TokenBucket({ perSecond: 10, burst: 3 }, 0);
    const taken = (nowMs: number) => [1, 2, 3, 4].filter(() => bucket.take(nowMs)).length;
    expect([taken(0), taken(50), taken(100), taken(200), taken(10_000)]).toEqual([3, 0, 1, 1, 3]);
    bucket.drain(10_000, 5);
    expect(bucket.take(10_399)).toBe(false);
    expect(bucket.take(10_400)).toBe(true);
    // A clock that goes back gives nothing.
    expect(bucket.take(9000)).toBe(false);
  });

  it('is kept for a bounded number of addresses', () => {
    const buckets = new TokenBuckets({ perSecond: 1, burst: 2 });
    for (let address = 0; address < 50_000; address++) buckets.take(String(address), 0);
    expect(buckets.size).toBeLessThanOrEqual(10_000);
    buckets.take('again', 0);
    buckets.take('again', 0);
    expect(buckets.take('again', 0)).toBe(false);
  });
});

describe('the limits of an address', () => {
  it('count connections at once', () => {
    const door = new CallerLimits(limits);
    const gone = [1, 2, 3].map(() => door.connected('a'));
    expect(() => door.checkConnection('a', 0)).toThrow(/3 connections already/);
    door.checkConnection('b', 0);
    gone[0]?.();
    gone[0]?.();
    door.checkConnection('a', 0);
    door.connected('a');
    expect(() => door.checkConnection('a', 0)).toThrow(/3 connections already/);
  });

  it('count new connections, those after a flood fewer', () => {
    const door = new CallerLimits(limits);
    for (let count = 0; count < 60; count++) door.checkConnection('a', 0);
    expect(() => door.checkConnection('a', 0)).toThrow(/too often/);
    door.checkConnection('a', 500);
    door.flooded('b', 0);
    for (let count = 0; count < 10; count++) door.checkConnection('b', 0);
    expect(() => door.checkConnection('b', 0)).toThrow(/too often/);
  });

  it('count calls, and those without sound', () => {
    const door = new CallerLimits(limits);
    const first = door.takeCall('a', many);
    door.takeCall('a', many);
    expect(() => door.takeCall('a', many)).toThrow(/2 calls already whose sound/);
    first.ready();
    const third = door.takeCall('a', many);
    third.ready();
    expect(() => door.takeCall('a', many)).toThrow(/3 calls already/);
    first.ended();
    first.ended();
    door.takeCall('a', many).ready();
    expect(() => door.takeCall('a', many)).toThrow(/3 calls already/);
    door.takeCall('b', many);
  });

  it('count calls and connections of a token, wherever they come from', () => {
    const door = new CallerLimits(limits);
    const one = { id: 'one', maxCalls: 1 };
    const call = door.takeCall('a', one);
    expect(() => door.takeCall('b', one)).toThrow(/Your token has 1 calls/);
    call.ended();
    door.takeCall('b', one);
    const gone = [1, 2, 3, 4, 5].map(() => door.tokenConnected(one));
    expect(() => door.tokenConnected(one)).toThrow(/5 connections already/);
    gone[0]?.();
    door.tokenConnected(one);
  });
});

describe("a connection's budget", () => {
  it('refuses messages before it ends the connection', () => {
    const budget = new PacketBudget(limits, 0);
    let handled = 0;
    let packets = 0;
    while (budget.takePacket(10, 0)) {
      packets++;
      if (budget.takeMessage(0)) handled++;
    }
    expect([handled, packets]).toEqual([limits.messagesBurst, 2 * limits.messagesBurst]);
    expect(budget.takePacket(10, 1000)).toBe(true);
  });

  it('counts bytes', () => {
    const budget = new PacketBudget(limits, 0);
    for (let count = 0; count < 16; count++) expect(budget.takePacket(65_536, 0)).toBe(true);
    expect(budget.takePacket(65_536, 0)).toBe(false);
    expect(budget.takePacket(65_536, 1000)).toBe(true);
  });
});
