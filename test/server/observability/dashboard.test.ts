import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Metrics } from '../../../server/observability/metrics.js';
import { projectRoot } from '../../../server/project-root.js';

it('asks for metrics that there are', async () => {
  const text = readFileSync(join(projectRoot(), 'config/deploy/dashboard.json'), 'utf8');
  const asked = new Set([...text.matchAll(/\b(?:parley|process)_[a-z0-9_]+/g)].map(([name]) => name));
  const metrics = new Metrics();
  metrics.observe({
    calls: () => 0,
    freePlaces: () => 0,
    waiting: () => 0,
    pressure: () => 0,
    freeSequences: () => 0,
    media: () => [],
    queues: () => ({}),
  });
  const names = new Set([...(await metrics.text()).body.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
  metrics.close();
  expect(asked.size).toBeGreaterThan(15);
  for (const name of asked) expect(names.has(name.replace(/_bucket$/, '')), name).toBe(true);
});
