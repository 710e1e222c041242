/** The administrator's page: which calls there are, what they do and how quick they are. It changes nothing. */
import type { ServerStatus } from '../server/observability/server-status.js';
import { byId, make } from './page/elements.js';
import { tokenOfPage } from './page/page-token.js';

const ASK_EVERY_MS = 2000;

const token = tokenOfPage();
const summary = byId('summary', HTMLElement);
const calls = byId('calls', HTMLElement);

async function show(): Promise<void> {
  const response = await fetch('./v1/status', {
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  });
  if (!response.ok) {
    summary.textContent = `${response.status}: ${await response.text()}`;
    calls.replaceChildren();
    return;
  }
  const status = (await response.json()) as ServerStatus;
  const p95 = status.voiceToVoiceP95Ms;
  summary.textContent = [
    status.unready ?? 'taking calls',
    `${status.calls.now} calls, ${status.calls.free} places free, ${status.calls.waiting} waiting`,
    p95 === undefined ? 'few answers lately' : `95 of 100 answers within ${Math.round(p95)} ms`,
  ].join(' · ');
  calls.replaceChildren(
    ...status.live.map((call) => {
      const row = make('tr', '');
      const latency = call.lastLatency?.voiceToVoiceMs;
      const cells = [
        call.id.slice(0, 8),
        call.caller ?? '',
        new Date(call.startedAt).toLocaleTimeString(),
        call.state,
        String(call.answers),
        latency === undefined ? '' : `${Math.round(latency)} ms`,
      ];
      row.append(...cells.map((text) => make('td', '', text)));
      return row;
    }),
  );
}

function ask(): void {
  show()
    .catch((error: unknown) => {
      summary.textContent = `The server does not answer: ${String(error)}`;
    })
    .finally(() => setTimeout(ask, ASK_EVERY_MS));
}

ask();
