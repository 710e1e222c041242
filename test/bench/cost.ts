/**
 * What a caller costs: `npm run bench -- cost --callers N`, with N the callers that the machine carried at your target (see
 * `npm run bench:load`). Divides the prices of config/deploy/prices.yaml.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import { projectRoot } from '../../server/project-root.js';

const { values } = parseArgs({ options: { callers: { type: 'string' } } });
const callers = Number(values.callers);
if (!(callers > 0)) {
  console.log('npm run bench -- cost --callers N: how many callers did the machine carry at your target?');
  process.exitCode = 1;
} else {
  const path = join(projectRoot(), 'config/deploy/prices.yaml');
  const prices = parse(readFileSync(path, 'utf8')) as Record<string, number>;
  console.log(
    `| machine | $ an hour | $ a caller and hour at ${callers} callers | $ a minute of one caller |\n| --- | --- | --- | --- |`,
  );
  for (const [machine, price] of Object.entries(prices))
    console.log(
      `| ${machine} | ${price} | ${(price / callers).toFixed(4)} | ${(price / callers / 60).toFixed(6)} |`,
    );
}
