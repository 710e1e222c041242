/** The figures of a run as a table. */
import { quantile } from '../../helpers/quantiles.js';
import type { ScoredTurn } from './scoring.js';

interface Row {
  what: string;
  figure: (turns: readonly ScoredTurn[]) => string;
}

const none = '-';

const rows: readonly Row[] = [
  { what: 'scripted turns', figure: (turns) => String(turns.length) },
  {
    what: 'response to a whole sentence, p50 / p95, ms',
    figure: (turns) => times(responses(turns, 'complete')),
  },
  {
    what: '... to one with a pause in it, p50 / p95, ms',
    figure: (turns) => times(responses(turns, 'paused')),
  },
  {
    what: '... to one that breaks off, p50 / p95, ms',
    figure: (turns) => times(responses(turns, 'unfinished')),
  },
  { what: '... to people recorded, p50 / p95, ms', figure: (turns) => times(responses(turns, 'person')) },
  {
    what: 'cut off early',
    figure: (turns) => share(turns.filter(({ kind }) => kind !== 'person').map(({ cutOff }) => cutOff)),
  },
  {
    what: 'people recorded cut off in a pause',
    figure: (turns) => share(turns.filter(({ kind }) => kind === 'person').map(({ cutOff }) => cutOff)),
  },
  {
    what: 'whole sentences waited on for more than 800 ms',
    figure: (turns) => share(turns.map((turn) => turn.needlessWait)),
  },
  { what: 'whole sentences never answered', figure: (turns) => share(turns.map(unanswered)) },
  { what: 'stopped by a listener’s sound', figure: (turns) => falseStops(turns, 'backchannel') },
  { what: 'stopped by a cough or a knock', figure: (turns) => falseStops(turns, 'noise') },
  { what: 'stopped by its own echo', figure: (turns) => falseStops(turns, 'echo') },
  {
    what: 'pause for a sound that did not stop it, p50 / p95, ms',
    figure: (turns) =>
      times(turns.filter((turn) => turn.falselyStopped === false).map((turn) => turn.pausedMs)),
  },
  {
    what: 'silence after a real interruption, p50 / p95, ms',
    figure: (turns) => times(interruptions(turns).map(({ silencedMs }) => silencedMs)),
  },
  {
    what: 'real interruptions not heeded',
    figure: (turns) => share(interruptions(turns).map((turn) => turn.silencedMs === undefined)),
  },
  {
    what: 'history after an interruption off by more than one word',
    figure: (turns) =>
      share(turns.map(({ wordsOff }) => (wordsOff === undefined ? undefined : Math.abs(wordsOff) > 1))),
  },
  {
    what: 'server’s own figure less the recording’s, p50 / p95, ms',
    figure: (turns) =>
      times(
        turns.map(({ toldMs, responseMs }) =>
          toldMs === undefined || responseMs === undefined ? undefined : toldMs - responseMs,
        ),
      ),
  },
];

/** @param columns what stands over each column, and its turns. */
export function table(columns: readonly { name: string; turns: readonly ScoredTurn[] }[]): string {
  const head = ['', ...columns.map(({ name }) => name)];
  const body = rows.map(({ what, figure }) => [what, ...columns.map(({ turns }) => figure(turns))]);
  const widths = head.map((_, column) =>
    Math.max(...[head, ...body].map((line) => line[column]?.length ?? 0)),
  );
  const text = (line: readonly string[]) =>
    `| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [text(head), rule, ...body.map(text)].join('\n');
}

function responses(turns: readonly ScoredTurn[], kind: ScoredTurn['kind']): (number | undefined)[] {
  return turns.filter((turn) => turn.kind === kind).map(({ responseMs }) => responseMs);
}

function interruptions(turns: readonly ScoredTurn[]): ScoredTurn[] {
  return turns.filter((turn) => 'silencedMs' in turn);
}

function unanswered({ kind, cutOff, responseMs }: ScoredTurn): boolean | undefined {
  return kind === 'complete' ? cutOff === false && responseMs === undefined : undefined;
}

function falseStops(turns: readonly ScoredTurn[], kind: ScoredTurn['kind']): string {
  return share(turns.filter((turn) => turn.kind === kind).map((turn) => turn.falselyStopped));
}

function times(values: readonly (number | undefined)[]): string {
  const known = values.filter((value) => value !== undefined);
  if (known.length === 0) return none;
  return `${Math.round(quantile(known, 0.5))} / ${Math.round(quantile(known, 0.95))}`;
}

/** How many of those that are known are so, for instance `2 of 120 (1.7 %)`. */
function share(values: readonly (boolean | undefined)[]): string {
  const known = values.filter((value) => value !== undefined);
  if (known.length === 0) return none;
  const so = known.filter(Boolean).length;
  return `${so} of ${known.length} (${((100 * so) / known.length).toFixed(1)} %)`;
}
