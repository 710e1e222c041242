import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TurnTraces } from '../../../server/observability/turn-traces.js';
import type { TurnLatency } from '../../../server/protocol.js';
import { until } from '../../helpers/until.js';

const latency: TurnLatency = {
  turnId: 3,
  endpointMs: 150,
  recognitionMs: 20,
  firstTokenMs: 10,
  firstClauseMs: 30,
  firstAudioMs: 40,
  pacerMs: 5.5,
  voiceToVoiceMs: 255.5,
};
interface Sent {
  resourceSpans: {
    scopeSpans: {
      spans: Record<
        'name' | 'traceId' | 'spanId' | 'parentSpanId' | 'startTimeUnixNano' | 'endTimeUnixNano',
        string
      >[];
    }[];
  }[];
}

let collector: Server;
let url: string;
let status = 200;
const bodies: Sent[] = [];
const logged: string[] = [];
const log = pino({}, { write: (line: string) => logged.push(line) });

beforeAll(async () => {
  collector = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    request.on('end', () => {
      bodies.push(JSON.parse(text) as Sent);
      response.writeHead(status).end('{}');
    });
  }).listen(0, '127.0.0.1');
  await once(collector, 'listening');
  url = `http://127.0.0.1:${(collector.address() as AddressInfo).port}/v1/traces`;
});
afterAll(() => collector.close());

it('sends a span for every stage, which together are the answer', async () => {
  const traces = new TurnTraces(url, log, 10);
  traces.answered('call-1', latency, 1_700_000_000_000);
  await until('the trace', () => bodies.length > 0);
  const spans = bodies[0]?.resourceSpans[0]?.scopeSpans[0]?.spans ?? [];
  const [answer, ...stages] = spans;
  expect(spans.map(({ name }) => name)).toEqual([
    'answer',
    'endpoint',
    'recognition',
    'first token',
    'first clause',
    'first audio',
    'pacer',
  ]);
  expect(answer).toMatchObject({
    startTimeUnixNano: '1699999999744500000',
    endTimeUnixNano: '1700000000000000000',
  });
  expect(answer?.traceId).toMatch(/^[0-9a-f]{32}$/);
  for (const [index, stage] of stages.entries()) {
    expect(stage).toMatchObject({ traceId: answer?.traceId, parentSpanId: answer?.spanId });
    expect(stage.startTimeUnixNano).toBe(
      (stages[index - 1] ?? { endTimeUnixNano: answer?.startTimeUnixNano }).endTimeUnixNano,
    );
  }
  expect(stages.at(-1)?.endTimeUnixNano).toBe(answer?.endTimeUnixNano);
  await traces.close();
});

it('drops what the collector does not take, says so once, and is nothing unless configured', async () => {
  status = 500;
  bodies.length = 0;
  const traces = new TurnTraces(url, log, 10);
  for (let turn = 0; turn < 1000; turn++) traces.answered('call-1', latency);
  await until('it is asked', () => bodies.length > 0);
  traces.answered('call-1', latency);
  await until('it is asked again', () => bodies.length > 1);
  await traces.close();
  expect(bodies[0]?.resourceSpans[0]?.scopeSpans[0]?.spans.length).toBeLessThanOrEqual(2000);
  expect(logged.filter((line) => line.includes('traces cannot be sent'))).toHaveLength(1);
  const off = new TurnTraces('', log, 1);
  off.answered('call-1', latency);
  await off.close();
  expect(bodies).toHaveLength(2);
});
