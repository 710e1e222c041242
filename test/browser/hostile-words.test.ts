/** The page beside a server whose every word is hostile: callers, models and errors alike. It shows them, and runs nothing. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Access } from '../../server/access/access.js';
import { CallerLimits } from '../../server/access/caller-limits.js';
import { ShutOut } from '../../server/access/shut-out.js';
import { loadConfig } from '../../server/config.js';
import { startHttpServer } from '../../server/http-server.js';
import { Metrics } from '../../server/observability/metrics.js';
import { Refusals } from '../../server/observability/refusals.js';
import type { StartCallRequest, TurnUpdate } from '../../server/protocol.js';
import type { SessionListener } from '../../server/session/session.js';
import type { SignalledCall } from '../../server/signalling/call-line.js';
import { startSignalling, type Signalling } from '../../server/signalling/signalling.js';
import { Caller } from '../helpers/browser.js';
import { until } from '../helpers/until.js';

const ATTACK = 'window.attacked = true';

/** Words that a page may take for more than words. */
const hostile = [
  `<script>${ATTACK}</script>`,
  `<img src=x onerror="${ATTACK}">`,
  `<svg/onload=${ATTACK}>`,
  `"><iframe srcdoc="<script>parent.attacked = true</script>"></iframe>`,
  `<a href="javascript:${ATTACK}">click</a>`,
  `</p></article></main><form action="https://evil.example.org"><input name=q autofocus onfocus=${ATTACK}>`,
  `<style>body{background:url(https://evil.example.org/leak)}</style>`,
  `<meta http-equiv="refresh" content="0;url=https://evil.example.org">`,
  `<base href="https://evil.example.org/">`,
  `<math><mtext></table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=${ATTACK}&gt;">`,
  `\${${ATTACK}} {{constructor.constructor('${ATTACK}')()}} ';${ATTACK};//`,
  `&lt;script&gt;${ATTACK}&lt;/script&gt; %3Cscript%3E \\u003cscript\\u003e`,
  '__proto__ constructor toString',
  `${'<b>'.repeat(5000)}deep`,
];

let metrics: Metrics;
let access: Access;
let http: Server;
let signalling: Signalling;
let page: Caller;
let call: SessionListener | undefined;

beforeAll(async () => {
  const log = pino({ level: 'silent' });
  const config = loadConfig({});
  metrics = new Metrics();
  access = new Access(config, log);
  const refusals = new Refusals(metrics, log);
  const shutOut = new ShutOut(config.limits, (...refusal) => refusals.add(...refusal));
  const unready = () => undefined;
  http = await startHttpServer({
    host: '127.0.0.1',
    port: 0,
    tls: { certificate: '', key: '' },
    metrics,
    access,
    refusals,
    shutOut,
    unready,
    status: unready,
    log,
  });
  const start = (_: StartCallRequest, listener: SessionListener): Promise<SignalledCall> => {
    call = listener;
    return Promise.resolve(callWithoutMedia());
  };
  const [word = ''] = hostile;
  signalling = startSignalling(http, {
    manager: { start },
    about: {
      voices: [word],
      models: {
        recognizer: word,
        languageModel: hostile[1] ?? '',
        synthesizer: word,
        note: hostile[4] ?? '',
      },
    },
    access,
    limits: config.limits,
    ice: config.ice,
    callerLimits: new CallerLimits(config.limits),
    shutOut,
    reconnectMs: config.calls.reconnectMs,
    refusals,
    log,
  });
  page = await Caller.open({ url: `http://localhost:${(http.address() as AddressInfo).port}/` });
  await page.page.evaluate(() => {
    const seen: string[] = [];
    Object.assign(window, { violations: seen });
    document.addEventListener('securitypolicyviolation', (event) => seen.push(event.violatedDirective));
  });
}, 300_000);

afterAll(async () => {
  await page.close();
  await signalling.close();
  access.close();
  metrics.close();
});

it('shows them and runs nothing', { timeout: 120_000 }, async () => {
  const elementsBefore = await page.page.locator('script, style, link, meta, base, form, iframe').count();
  await page.callButton.click();
  const listener = await until('the call is asked for', () => call);
  for (const [index, text] of hostile.entries()) {
    const turnId = index + 1;
    const turns: TurnUpdate[] = [
      { turnId, speaker: 'caller', text, final: false },
      { turnId, speaker: 'caller', text, final: true },
      { turnId, speaker: 'agent', text, final: true, heardCharacters: Math.floor(text.length / 2) },
    ];
    for (const turn of turns) listener.turn(turn);
  }
  const shown = await until('all of it is shown', async () => {
    const turns = await page.turns();
    return turns.length === 2 * hostile.length && turns.every(({ final }) => final) ? turns : undefined;
  });
  for (const [index, text] of hostile.entries()) {
    const [caller, agent] = shown.filter(({ turnId }) => turnId === index + 1);
    expect(caller?.text, text.slice(0, 50)).toBe(text);
    expect(agent?.text).toBe(text);
  }
  expect(await page.page.locator('#model-language').textContent()).toBe(hostile[1]);

  listener.ended('mediaFailed', hostile[0] ?? '');
  await page.problem.getByText('The sound path broke.').waitFor();

  expect(await page.page.evaluate(() => 'attacked' in window)).toBe(false);
  expect(await page.page.evaluate(() => (window as unknown as { violations: string[] }).violations)).toEqual(
    [],
  );
  // Nothing but the text is there: the same elements as before, and the conversation holds those that the page made.
  expect(await page.page.locator('script, style, link, meta, base, form, iframe').count()).toBe(
    elementsBefore,
  );
  const made = await page.page
    .locator('#conversation')
    .evaluate((log) =>
      [...new Set([...log.querySelectorAll('*')].map((element) => element.localName))].sort(),
    );
  expect(made).toEqual(['article', 'h3', 'p', 's']);
  expect(new URL(page.page.url()).hostname).toBe('localhost');
});

/** A call whose sound never comes up. */
function callWithoutMedia(): SignalledCall {
  const codec = {
    kind: 'audio' as const,
    mimeType: 'audio/opus' as const,
    payloadType: 100,
    clockRate: 48_000,
    channels: 2,
  };
  const transport = (id: string) => ({
    id,
    iceParameters: { usernameFragment: 'abcd', password: 'abcdefghijklmnopqrstuvwx', iceLite: true },
    iceCandidates: [],
    dtlsParameters: {
      role: 'auto' as const,
      fingerprints: [{ algorithm: 'sha-256' as const, value: Array(32).fill('AB').join(':') }],
    },
  });
  return {
    session: {
      id: 'call',
      signal: new AbortController().signal,
      say: () => undefined,
      reportPlayout: () => undefined,
      close: () => Promise.resolve(),
    },
    media: {
      describe: () => ({
        routerRtpCapabilities: { codecs: [{ ...codec, preferredPayloadType: 100 }], headerExtensions: [] },
        send: transport('send'),
        receive: transport('receive'),
        voiceTrack: {
          id: 'voice',
          producerId: 'agent',
          kind: 'audio',
          rtpParameters: { mid: '0', codecs: [codec], encodings: [{ ssrc: 1234 }], rtcp: { cname: 'x' } },
        },
      }),
      connect: () => Promise.resolve(),
      restartIce: () => Promise.reject(new Error('There is no ICE.')),
      takeMicrophone: () => Promise.resolve('microphone'),
    },
  };
}
