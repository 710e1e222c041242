/** `npm run doctor [-- PART...]`: examines the machine as far as Parley needs it. Ends with 1 when something is bad. */
import { loadConfig } from '../config.js';
import { ParleyError } from '../errors.js';
import type { Finding } from './finding.js';
import { parts } from './parts.js';

const marks = { good: '  ok  ', note: ' note ', bad: ' BAD  ' };

async function main(names: string[]): Promise<void> {
  const unknown = names.filter((name) => !(name in parts));
  if (unknown.length > 0) {
    const known = Object.keys(parts).join(', ');
    process.stderr.write(`doctor: there is no part ${unknown.join(', ')}. Parts: ${known}.\n`);
    process.exitCode = 1;
    return;
  }
  const config = loadConfig(process.env);
  let ill = 0;
  for (const [name, load] of Object.entries(parts)) {
    if (names.length > 0 && !names.includes(name)) continue;
    const part = await load();
    process.stdout.write(`\n${name}: ${part.about}\n`);
    for await (const finding of part.examine(config)) {
      show(finding);
      if (finding.state === 'bad') ill++;
    }
  }
  process.stdout.write(ill === 0 ? '\nNothing is in the way.\n' : `\n${ill} to be mended.\n`);
  if (ill > 0) process.exitCode = 1;
}

function show({ state, what, advice }: Finding): void {
  process.stdout.write(`[${marks[state]}] ${what}\n`);
  if (advice !== undefined) process.stdout.write(`         -> ${advice}\n`);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  if (!(error instanceof ParleyError)) throw error;
  process.stderr.write(`doctor: ${error.message}\n`);
  process.exitCode = 1;
});
