/**
 * The conversation bench: scripted callers, one after the other, over real WebRTC against a server that it starts
 * itself; scored from the recording of both sides.
 *
 *     npm run bench:conversation -- --turns 60 --loss 0,10 --speculate off --json result.json
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { frameClock } from '../../callers/frame-clock.js';
import { ServerProcess } from '../../helpers/server-process.js';
import { perform } from './scripted-caller.js';
import { scriptedCalls } from './scripts.js';
import { score, type ScoredTurn } from './scoring.js';
import { recordings, Sounds } from './sounds.js';
import { table } from './table.js';

const { values } = parseArgs({
  options: {
    /** Scripted turns for each loss, at least. */
    turns: { type: 'string', default: '200' },
    /** Packets lost each way, percent; several with commas between them. */
    loss: { type: 'string', default: '0' },
    /** `off`: every answer is begun when the turn is over and not before. */
    speculate: { type: 'string', default: 'on' },
    /** Folder with speech of people. */
    recordings: { type: 'string', default: '../shared/audio' },
    /** Calls at the beginning of the script that are left out. With `with`, a long run can be done in parts. */
    skip: { type: 'string', default: '0' },
    /** What an earlier run wrote with `json`: its turns are added to the table. */
    with: { type: 'string' },
    /** Every turn with its figures is written here. */
    json: { type: 'string' },
  },
});
const turns = wholeNumber('--turns', values.turns, 10_000);
const skipped = wholeNumber('--skip', values.skip, 10_000);
const losses = values.loss.split(',').map((loss) => wholeNumber('--loss', loss, 50));
if (!['on', 'off'].includes(values.speculate)) throw new Error('--speculate is "on" or "off".');

/** The agent's voice. */
const voice = 'slt';

const sounds = await Sounds.start();
const server = await ServerProcess.start({
  PARLEY_TURN_SPECULATE: String(values.speculate === 'on'),
  PARLEY_SYNTHESIZER_VOICE: voice,
});
const startedAt = new Date();
const scored: ScoredTurn[] = values.with === undefined ? [] : earlierTurns(values.with);
try {
  for (const loss of losses) {
    const calls = scriptedCalls(turns, recordings(values.recordings)).slice(skipped);
    for (const [index, call] of calls.entries()) {
      await sounds.prepare(call);
      const sound = (turn: (typeof call.turns)[number], speaker: string) => sounds.of(turn, speaker);
      const performed = await perform(call, { url: server.url, sound, loss: loss / 100, seed: 100 + index });
      scored.push(...(await score(performed, loss / 100, voice, sounds)));
      process.stderr.write(`loss ${loss} %, call ${index + 1} of ${calls.length}\n`);
    }
  }
} finally {
  await server.stop();
  await sounds.close();
}
const seconds = Math.round((Date.now() - startedAt.getTime()) / 1000);
const columns = losses.map((loss) => ({
  name: `${loss} % lost`,
  turns: scored.filter((turn) => turn.loss === loss / 100),
}));
process.stdout.write(
  `${table(columns)}\n\nspeculation ${values.speculate}, ${startedAt.toISOString().slice(0, 10)}, ${seconds} s; ` +
    `latest frame of the callers ${frameClock.worstLatenessMs.toFixed(0)} ms late\n`,
);
if (values.json !== undefined) {
  /** What turn-taking was told, to be replayed; see server/session/turn-record.ts. */
  const records = server.log.filter(({ msg }) => msg === 'turn heard').map(({ record }) => record);
  const run = { startedAt, seconds, speculate: values.speculate, losses, turns: scored, records };
  writeFileSync(values.json, `${JSON.stringify(run, null, 1)}\n`);
}

function earlierTurns(path: string): ScoredTurn[] {
  const run = JSON.parse(readFileSync(path, 'utf8')) as { turns: ScoredTurn[]; speculate: string };
  if (run.speculate !== values.speculate)
    throw new Error(`${path} is of a run with --speculate ${run.speculate}.`);
  return run.turns;
}

function wholeNumber(name: string, text: string, most: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > most)
    throw new Error(`${name} is a whole number from 0 to ${most}, not "${text}".`);
  return value;
}
