/** A picture of latency over callers, as SVG. */
import type { LevelResult } from './level.js';

const width = 720;
const height = 400;
const margin = { left: 64, right: 24, top: 48, bottom: 56 };
/** The line that callers should not feel crossed, ms. */
const goalMs = 800;
const series = [
  { name: 'p50', colour: '#2a9d8f', read: (level: LevelResult) => level.voiceToVoiceMs.p50 },
  { name: 'p95', colour: '#e76f51', read: (level: LevelResult) => level.voiceToVoiceMs.p95 },
] as const;

/** Voice-to-voice p50 and p95 of Parley at every level, with the goal. */
export function latencyPicture(results: readonly LevelResult[]): string {
  const levels = results.filter(({ design }) => design === 'parley').sort((a, b) => a.callers - b.callers);
  const mostCallers = Math.max(1, ...levels.map(({ callers }) => callers));
  const most = Math.max(goalMs, ...levels.map((level) => level.voiceToVoiceMs.p95));
  const step = most > 2000 ? 500 : 200;
  const top = Math.ceil((most * 1.05) / step) * step;
  const x = (callers: number) => margin.left + (callers / mostCallers) * (width - margin.left - margin.right);
  const y = (ms: number) => height - margin.bottom - (ms / top) * (height - margin.top - margin.bottom);
  const text = (at: [number, number], words: string, more = '') =>
    `<text x="${at[0].toFixed(1)}" y="${at[1].toFixed(1)}" ${more}>${words}</text>`;
  const line = (from: [number, number], to: [number, number], more: string) =>
    `<line x1="${from[0].toFixed(1)}" y1="${from[1].toFixed(1)}" x2="${to[0].toFixed(1)}" y2="${to[1].toFixed(1)}" ${more}/>`;
  const right = width - margin.right;
  const marks: string[] = [];
  for (let ms = 0; ms <= top; ms += step) {
    marks.push(line([margin.left, y(ms)], [right, y(ms)], 'stroke="#ddd"'));
    marks.push(text([margin.left - 8, y(ms) + 4], String(ms), 'text-anchor="end"'));
  }
  for (const { callers } of levels)
    marks.push(text([x(callers), height - margin.bottom + 20], String(callers), 'text-anchor="middle"'));
  marks.push(line([margin.left, y(goalMs)], [right, y(goalMs)], 'stroke="#888" stroke-dasharray="6 4"'));
  const curves = series.flatMap(({ name, colour, read }, index) => [
    `<polyline fill="none" stroke="${colour}" stroke-width="2.5" points="${levels
      .map((level) => `${x(level.callers).toFixed(1)},${y(read(level)).toFixed(1)}`)
      .join(' ')}"/>`,
    ...levels.map(
      (level) =>
        `<circle cx="${x(level.callers).toFixed(1)}" cy="${y(read(level)).toFixed(1)}" r="4" fill="${colour}"/>`,
    ),
    text([margin.left + 12 + index * 60, margin.top - 12], name, `fill="${colour}" font-weight="bold"`),
  ]);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="13" fill="#333">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...marks,
    ...curves,
    text(
      [width / 2, height - 14],
      'callers at once, each talking a third of the time',
      'text-anchor="middle"',
    ),
    text([margin.left, 20], 'voice to voice, ms', 'font-weight="bold"'),
    '</svg>',
    '',
  ].join('\n');
}
