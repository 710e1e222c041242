import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CircuitBreaker } from '../../../../server/engines/endpoint/circuit-breaker.js';
import { readChat, type ChatPart } from '../../../../server/engines/endpoint/chat-stream.js';
import { HttpEndpoint, type HttpEndpointOptions } from '../../../../server/engines/endpoint/http-endpoint.js';
import { eventData } from '../../../../server/engines/endpoint/server-sent-events.js';
import { isAbort } from '../../../../server/errors.js';
import { OpenAiServer } from '../../../helpers/openai-server.js';
import { until } from '../../../helpers/until.js';

const never = new AbortController().signal;
const body = { messages: [{ role: 'user', content: 'tell me a long story' }], max_tokens: 50 };

describe('a request to an endpoint', () => {
  let server: OpenAiServer;
  const opened: HttpEndpoint[] = [];

  beforeEach(async () => {
    server = await OpenAiServer.start();
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((endpoint) => endpoint.close()));
    await server.close();
  });

  function endpoint(options: Partial<HttpEndpointOptions> = {}): HttpEndpoint {
    const made = new HttpEndpoint({
      name: 'test',
      url: server.url,
      key: '',
      firstByteMs: 10_000,
      silenceMs: 10_000,
      ...options,
    });
    opened.push(made);
    return made;
  }

  it('uses a connection again', async () => {
    const to = endpoint();
    for (let time = 0; time < 10; time++) {
      for await (const data of eventData(to.post('chat/completions', body, never))) expect(data).not.toBe('');
    }
    // A second one is opened when the first is not quite free yet.
    expect(server.connections).toBeLessThan(3);
  });

  it('is made again when nothing has come yet', async () => {
    server.faults.push({ status: 503 }, { resetAfter: 0 });
    expect(await endpoint().text('chat/completions', body, never)).toContain('[DONE]');
    expect(server.seen).toHaveLength(3);
  });

  it('is given up after a few attempts', async () => {
    server.faults.push({ status: 503 }, { status: 503 }, { status: 503, body: 'no room' });
    await expect(endpoint().text('chat/completions', body, never)).rejects.toThrow(/answers 503: no room/);
    expect(server.seen).toHaveLength(3);
  });

  it('is not made again when it is wrong, and says what may be', async () => {
    server.faults.push({ status: 401, body: 'who are you' });
    await expect(endpoint().text('chat/completions', body, never)).rejects.toThrow(
      /answers 401 \(is the key in keyVariable right\?\): who are you/,
    );
    expect(server.seen).toHaveLength(1);
  });

  it('ends when there is no first byte, and when there is no next one', async () => {
    server.faults.push({ silentAfter: 0 }, { silentAfter: 0 }, { silentAfter: 0 });
    await expect(endpoint({ firstByteMs: 200 }).text('chat/completions', body, never)).rejects.toThrow(
      /cannot be reached: Headers Timeout/,
    );
    expect(server.seen).toHaveLength(3);
    server.faults.push({ silentAfter: 3 });
    await expect(endpoint({ silenceMs: 200 }).text('chat/completions', body, never)).rejects.toThrow(
      /breaks off: Body Timeout/,
    );
    expect(server.seen).toHaveLength(4);
  });

  it('that is aborted is closed, before the first byte and after it', async () => {
    for (const silentAfter of [0, 3]) {
      server.faults.push({ silentAfter });
      const abort = new AbortController();
      const answer = endpoint().text('chat/completions', body, abort.signal);
      const asked = silentAfter === 0 ? 1 : 2;
      await until('it is asked', () => server.seen.length === asked);
      abort.abort();
      await expect(answer).rejects.toSatisfy(isAbort);
      await until('it is closed', () => server.seen.at(-1)?.left === true);
    }
  });

  it('is not made while the endpoint is down, and made again when that has passed', async () => {
    const to = endpoint({ breaker: { failures: 3, restMs: 300 } });
    server.faults.push({ status: 500 }, { status: 500 }, { status: 500 });
    await expect(to.text('chat/completions', body, never)).rejects.toThrow(/answers 500/);
    await expect(to.text('chat/completions', body, never)).rejects.toThrow(/left alone for 1 s/);
    expect(server.seen).toHaveLength(3);
    await until('it is tried again', async () => {
      try {
        return (await to.text('chat/completions', body, never)).includes('[DONE]');
      } catch {
        return false;
      }
    });
    expect(server.seen).toHaveLength(4);
  });
});

describe('a circuit breaker', () => {
  it('lets one try after the rest, and the others wait for how that ends', () => {
    const breaker = new CircuitBreaker({ failures: 2, restMs: 1000 });
    breaker.failed(0);
    expect(breaker.ask(0)).toBe(0);
    breaker.failed(10);
    expect(breaker.ask(500)).toBe(510);
    expect(breaker.ask(1010)).toBe(0);
    expect(breaker.ask(1011)).toBeGreaterThan(0);
    breaker.failed(1020);
    expect(breaker.ask(1030)).toBeGreaterThan(0);
    expect(breaker.ask(2020)).toBe(0);
    breaker.abandoned();
    expect(breaker.ask(2021)).toBe(0);
    breaker.succeeded();
    expect([breaker.ask(2022), breaker.ask(2023)]).toEqual([0, 0]);
  });
});

describe('server-sent events', () => {
  const stream =
    ': comment\r\nevent: x\r\ndata: {"a":"schön"}\r\n\r\ndata: one\ndata:two\n\nid: 3\rdata: last\r\rdata: [DONE]\n\ndata: never\n\n';

  it('are read wherever the bytes are cut', async () => {
    const bytes = Buffer.from(stream);
    for (let size = 1; size <= bytes.length; size++) {
      const events: string[] = [];
      for await (const data of eventData(pieces(bytes, size))) events.push(data);
      expect(events).toEqual(['{"a":"schön"}', 'one\ntwo', 'last']);
    }
  });
});

describe('a streamed chat completion', () => {
  const chunk = (delta: unknown, finish: string | null = null) =>
    JSON.stringify({ choices: [{ delta, finish_reason: finish }] });
  const read = async (...events: string[]) => {
    const parts: ChatPart[] = [];
    for await (const part of readChat(of(events), 'test')) parts.push(part);
    return parts;
  };

  it('is text without thoughts, and calls put together', async () => {
    const parts = await read(
      chunk({ role: 'assistant', reasoning_content: 'hm' }),
      chunk({ content: '<thi' }),
      chunk({ content: 'nk>so I' }),
      chunk({ content: ' think</think>\n\nHel' }),
      chunk({ content: 'lo.' }),
      chunk({ tool_calls: [{ index: 0, function: { name: 'get_time', arguments: '{"zo' } }] }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: 'ne":1}' } }] }),
      chunk({ tool_calls: [{ index: 1, function: { name: 'end_call' } }] }),
      chunk({}, 'tool_calls'),
      JSON.stringify({ choices: [], usage: { total_tokens: 9 } }),
    );
    const text = parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
    expect(text).toBe('Hello.');
    expect(parts.filter((part) => part.type === 'call')).toEqual([
      { type: 'call', name: 'get_time', json: '{"zone":1}' },
      { type: 'call', name: 'end_call', json: '' },
    ]);
  });

  it('that ends in its middle, tells an error or is none is a failure', async () => {
    await expect(read(chunk({ content: 'Hel' }))).rejects.toThrow(/ends in its middle/);
    await expect(read('{"error": {"message": "out of memory"}}')).rejects.toThrow(/out of memory/);
    await expect(read('<html>')).rejects.toThrow(/no chat completion: <html>/);
  });
});

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function* of<T>(items: T[]): AsyncGenerator<T> {
  yield* items;
}
