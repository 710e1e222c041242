/** What a run of the load tester found, for people. */
import type { LevelResult } from './level.js';
import type { Quantiles } from '../../helpers/quantiles.js';
import { designs } from './sites.js';

const ms = (value: number) => Math.round(value);

/** One row of the summary. */
function row(level: LevelResult): Record<string, number | string> {
  const { voiceToVoiceMs: voice, frames, server, verdicts } = level;
  return {
    design: level.design,
    callers: level.callers,
    'ready ms, median': ms(middle(level.readyMs)),
    'ready ms, worst': ms(Math.max(...level.readyMs)),
    turns: level.turns,
    'talk share': level.talkShare.toFixed(2),
    'voice to voice p50': ms(voice.p50),
    p95: ms(voice.p95),
    p99: ms(voice.p99),
    'frames lost': frames.lost + frames.skipped,
    late: frames.late,
    wrong: verdicts.wrong,
    crossed: verdicts.crossed,
    errors: level.errors.length,
    cores: server.totalCores.toFixed(2),
    'memory MiB': ms(server.totalMemoryMiB),
    'loop p99 ms': server.mainLoopP99Ms.toFixed(1),
  };
}

export function printReport(levels: readonly LevelResult[]): void {
  console.table(levels.map(row));
  for (const level of levels) {
    console.log(`\n${level.design}, ${level.callers} callers: where the time of an answer goes, ms`);
    const parts: [string, Quantiles][] = [
      ...Object.entries(level.partsMs),
      ['voiceToVoiceMs', level.voiceToVoiceMs],
      ['mouthToEarMs', level.mouthToEarMs],
    ];
    console.table(
      Object.fromEntries(
        parts.map(([part, { p50, p95, p99, max }]) => [
          part,
          { p50: ms(p50), p95: ms(p95), p99: ms(p99), max: ms(max) },
        ]),
      ),
    );
    const { server, tester, frames } = level;
    const list = (values: Record<string, number>, digits: number) =>
      Object.entries(values)
        .map(([name, value]) => `${name} ${value.toFixed(digits)}`)
        .join(', ');
    console.log(`cores: ${list(server.cores, 2)}; this tester ${tester.cores.toFixed(2)}`);
    console.log(
      `memory MiB: ${list(server.memoryMiB, 0)}; threads ${server.threads}, sockets ${server.sockets}`,
    );
    console.log(
      `frames ${frames.received}, longest gap ${ms(frames.longestGapMs)} ms; ` +
        `the tester was late by ${ms(tester.worstLatenessMs)} ms at most and left ${tester.skippedFrames} frames out`,
    );
    console.log(`counted: ${list(server.counts, 0)}`);
    for (const line of [...level.mistakes, ...level.errors]) console.log(`  ${line}`);
  }
}

/** The designs side by side, with how many times more than Parley each takes. */
export function printComparison(levels: readonly LevelResult[]): void {
  const figures: [string, (level: LevelResult) => number][] = [
    ['time to ready of the last caller, ms', ({ readyMs }) => readyMs.at(-1) ?? NaN],
    ['voice to voice p50, ms', ({ voiceToVoiceMs }) => voiceToVoiceMs.p50],
    ['voice to voice p95, ms', ({ voiceToVoiceMs }) => voiceToVoiceMs.p95],
    ['memory, MiB', ({ server }) => server.totalMemoryMiB],
  ];
  const rows: string[] = [];
  for (const callers of new Set(levels.map((level) => level.callers))) {
    const parley = levels.find((level) => level.callers === callers && level.design === 'parley');
    for (const [name, read] of figures) {
      const cells = levels
        .filter((level) => level.callers === callers)
        .map((level) => {
          const ratio =
            parley === undefined || level === parley ? '' : ` (${(read(level) / read(parley)).toFixed(1)}x)`;
          return `${ms(read(level))}${ratio}`;
        });
      rows.push(`| ${[callers, name, ...cells].join(' | ')} |`);
    }
  }
  const names = [...new Set(levels.map(({ design }) => designs[design]))];
  const header = `| ${['callers', 'figure', ...names].join(' | ')} |`;
  console.log([header, header.replace(/[^|]+/g, ' --- '), ...rows].join('\n'));
}

/** Why a run is not good, or nothing. */
export function failures(levels: readonly LevelResult[]): string[] {
  return levels.flatMap(({ design, callers, frames, verdicts, errors }) => {
    const found = [
      ...(frames.lost + frames.skipped > 0
        ? [`${frames.lost + frames.skipped} frames of the agent's voice lost`]
        : []),
      ...(verdicts.crossed > 0 ? [`${verdicts.crossed} answers with what another caller had said`] : []),
      ...(errors.length > 0 ? [`${errors.length} turns or calls lost`] : []),
    ];
    return found.map((what) => `${design}, ${callers} callers: ${what}`);
  });
}

function middle(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? NaN;
}
