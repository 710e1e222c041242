import { pino } from 'pino';
import { expect, it } from 'vitest';
import { logResources, processTree } from '../../../server/observability/resource-line.js';
import type { ServerStatus } from '../../../server/observability/server-status.js';
import { until } from '../../helpers/until.js';

it('measures this process and its children', () => {
  const tree = processTree();
  expect(tree.memoryBytes).toBeGreaterThan(20 * 2 ** 20);
  expect(tree.cpuS).toBeGreaterThan(0);
  expect(tree.processes).toBeGreaterThanOrEqual(1);
});

it('tells what is used, and warns when places get few', async () => {
  const lines: Record<string, unknown>[] = [];
  const log = pino({}, { write: (line: string) => lines.push(JSON.parse(line) as Record<string, unknown>) });
  const status: ServerStatus = {
    calls: { now: 7, free: 1, waiting: 1 },
    pressure: 0.5,
    queues: { llama: { running: 1, waiting: 2, oldestWaitingMs: 3, crashes: 0 } },
    live: [],
  };
  const stop = logResources({ status: () => status, media: () => [], waitingPlaces: 4 }, log, 20);
  await until('a line', () => lines.some(({ msg }) => msg === 'resources') && lines.length > 1);
  stop();
  expect(lines.find(({ msg }) => msg === 'resources')).toMatchObject({
    calls: { now: 7, free: 1 },
    queues: { llama: 2 },
    pressure: 0.5,
  });
  expect(lines.find(({ level }) => level === 40)).toMatchObject({
    msg: 'calls: nearly full',
    used: 7,
    of: 8,
  });
  expect(lines.some(({ msg }) => String(msg).startsWith('the waiting line'))).toBe(false);
});
