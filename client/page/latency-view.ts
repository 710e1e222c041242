/** Where the time of one answer went: a bar of parts that opens into numbers. */
import type { TurnLatency } from '../../server/protocol.js';
import { latencyBreakdown } from '../latency-parts.js';
import { formatMs, make } from './elements.js';

export function latencyDetails(latency: TurnLatency): HTMLDetailsElement {
  const { totalMs, label, parts } = latencyBreakdown(latency);
  const details = make('details', 'latency');
  details.dataset.latency = String(Math.round(latency.voiceToVoiceMs));

  const summary = make('summary');
  const bar = make('span', 'latency-bar');
  bar.setAttribute('aria-hidden', 'true');
  const list = make('dl');
  for (const { key, label: name, ms } of parts) {
    const slice = make('span');
    slice.dataset.part = key;
    slice.style.flexGrow = String(ms);
    if (ms > 0) bar.append(slice);

    const row = make('div');
    row.dataset.part = key;
    row.append(make('dt', '', name), make('dd', '', formatMs(ms)));
    list.append(row);
  }
  const total = make('div', 'total');
  total.append(make('dt', '', capitalised(label)), make('dd', '', formatMs(totalMs)));
  list.append(total);

  summary.append(bar, make('span', 'latency-total', `${formatMs(totalMs)} ${label}`));
  details.append(summary, list);
  return details;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
