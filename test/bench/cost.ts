/**
 * What a caller costs: `npm run bench -- cost --callers N [--machine NAME]`, with N the callers that the machine carried at your target (see
 * `npm run bench:load`). Divides the prices of config/deploy/prices.yaml.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import { projectRoot } from '../../server/project-root.js';

const { values } = parseArgs({ options: { callers: { type: 'string' }, machine: { type: 'string' } } });
const callers = Number(values.callers);
if (!(callers > 0)) {
  console.log(
    'npm run bench -- cost --callers N [--machine NAME]: how many callers did the machine carry at your target?',
  );
  process.exitCode = 1;
} else {
  const path = join(projectRoot(), 'config/deploy/prices.yaml');
  const prices = parse(readFileSync(path, 'utf8')) as Record<string, number>;
  const { machine: wanted } = values;
  if (wanted !== undefined && !(wanted in prices))
    throw new Error(`There is no price of ${wanted} in ${path}: ${Object.keys(prices).join(', ')}.`);
  console.log(
    `| machine | $ an hour | $ a caller and hour at ${callers} callers | $ a minute of one caller |\n| --- | --- | --- | --- |`,
  );
  for (const [machine, price] of Object.entries(prices)) {
    if (wanted !== undefined && wanted !== machine) continue;
    console.log(
      `| ${machine} | ${price} | ${(price / callers).toFixed(4)} | ${(price / callers / 60).toFixed(6)} |`,
    );
  }
  console.log(
    `\nA machine that is full all the time. N holds for the kind of machine on which it was measured, so believe its row only. The ` +
      `prices are those of ${path}, which nobody has looked up for you: put today's there.`,
  );
}
