/**
 * The load tester: real calls to a server of its own, over ICE, DTLS-SRTP and Opus, at the pace of conversation.
 *
 *     npm run bench:load -- --callers 1,8 --minutes 2 --json out.json --picture out.svg
 *
 * Exits with 1 when a frame, an answer or a call is lost, or an answer tells what another caller said.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { ServerProcess } from '../../helpers/server-process.js';
import { runLevel, spokenLines, type LevelResult } from './level.js';
import { failures, printReport } from './report.js';
import { mostCallers } from './script.js';

const { values } = parseArgs({
  options: {
    /** Callers at once; several levels with commas between them. */
    callers: { type: 'string', default: '8' },
    /** Length of each level, counted from when all callers are there. */
    minutes: { type: 'string', default: '2' },
    /** File for everything that was measured. */
    json: { type: 'string' },
  },
});

const levels = values.callers.split(',').map(Number);
const minutes = Number(values.minutes);
if (
  levels.some((callers) => !(Number.isInteger(callers) && callers >= 1 && callers <= mostCallers)) ||
  !(minutes > 0)
) {
  console.error(
    `--callers takes numbers from 1 to ${mostCallers} with commas between them, --minutes more than 0.`,
  );
  process.exit(2);
}

const most = Math.max(...levels);
const lines = await spokenLines(most);
const server = await ServerProcess.start({
  PARLEY_LOG_LEVEL: 'info',
  PARLEY_CALLS_MAX: String(most),
  PARLEY_LANGUAGE_MODEL_SEQUENCES: String(most),
  // All of them come from one address.
  PARLEY_LIMITS_HALF_OPEN_CALLS_PER_ADDRESS: String(most),
});
const results: LevelResult[] = [];
try {
  for (const callers of levels) {
    const result = await runLevel(server, lines, callers, minutes);
    results.push(result);
    const { p50, p95 } = result.voiceToVoiceMs;
    console.log(`${callers} callers: voice to voice p50 ${Math.round(p50)}, p95 ${Math.round(p95)} ms`);
  }
} finally {
  await server.stop();
}
printReport(results);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, undefined, 2)}\n`);
const found = failures(results);
for (const failure of found) console.error(`FAILED: ${failure}`);
process.exitCode = found.length > 0 ? 1 : 0;
