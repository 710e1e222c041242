/**
 * The load tester: real calls to a server of its own, over ICE, DTLS-SRTP and Opus, at the pace of conversation.
 *
 *     npm run bench:load -- --callers 1,8 --minutes 2 --json out.json --picture out.svg
 *     npm run bench:load -- --callers 1,2,3,8 --designs parley,in-turn,own-models
 *
 * Exits with 1 when a frame, an answer or a call is lost, or an answer tells what another caller said.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { disturbers, type Disturbance } from './disturbers.js';
import type { LevelResult } from './level.js';
import { runLevel, spokenLines } from './level.js';
import { latencyPicture } from './picture.js';
import { failures, printComparison, printReport } from './report.js';
import { mostCallers } from './script.js';
import { designs, openSite, type Design } from './sites.js';

const { values } = parseArgs({
  options: {
    /** Callers at once; several levels with commas between them. */
    callers: { type: 'string', default: '8' },
    /** Length of each level, counted from when all callers are there. */
    minutes: { type: 'string', default: '2' },
    /** What they call: parley, in-turn, own-models; several with commas between them. */
    designs: { type: 'string', default: 'parley' },
    /** Run every level once more while somebody makes trouble: over-cap, talker or silent. */
    disturb: { type: 'string' },
    /** File for everything that was measured. */
    json: { type: 'string' },
    /** SVG file for a picture of latency over callers. */
    picture: { type: 'string' },
  },
});

const levels = values.callers.split(',').map(Number);
const minutes = Number(values.minutes);
const chosen = values.designs.split(',');
const isDesign = (name: string): name is Design => Object.hasOwn(designs, name);
if (
  levels.some((callers) => !(Number.isInteger(callers) && callers >= 1 && callers <= mostCallers)) ||
  !(minutes > 0) ||
  !chosen.every(isDesign) ||
  !(values.disturb === undefined || Object.hasOwn(disturbers, values.disturb))
) {
  console.error(
    `--callers takes numbers from 1 to ${mostCallers} with commas between them, --minutes more than 0, ` +
      `--designs of ${Object.keys(designs).join(', ')}, --disturb one of ${Object.keys(disturbers).join(', ')}.`,
  );
  process.exit(2);
}

const most = Math.max(...levels);
const disturber = values.disturb === undefined ? undefined : disturbers[values.disturb as Disturbance];
const places = most + (disturber?.places ?? 0);
const lines = await spokenLines(most);
const results: LevelResult[] = [];
for (const design of chosen) {
  // Every level of a design with models for each caller begins with none.
  const perLevel = design === 'own-models';
  let site = await openSite(design, places);
  try {
    for (const callers of levels) {
      for (const trouble of disturber === undefined ? [undefined] : [undefined, disturber]) {
        const result = { design, ...(await runLevel(site, lines, callers, minutes, trouble)) };
        results.push(result);
        const { p50, p95 } = result.voiceToVoiceMs;
        console.log(
          `${design}, ${callers} callers: voice to voice p50 ${Math.round(p50)}, p95 ${Math.round(p95)} ms; ` +
            (result.disturbed ?? 'undisturbed'),
        );
      }
      if (!perLevel) continue;
      await site.stop();
      site = await openSite(design, places);
    }
  } finally {
    await site.stop();
  }
}
printReport(results);
if (chosen.length > 1) printComparison(results);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, undefined, 2)}\n`);
if (values.picture !== undefined) writeFileSync(values.picture, latencyPicture(results));
const found = failures(results.filter(({ design }) => design === 'parley'));
for (const failure of found) console.error(`FAILED: ${failure}`);
process.exitCode = found.length > 0 ? 1 : 0;
