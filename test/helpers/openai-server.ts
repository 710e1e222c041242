/** A server on this machine that speaks OpenAI's API for chat, transcriptions and speech, and fails when told to. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { ChatMessage, Tool } from '../../server/engines/engine-types.js';
import { smallTalk, type FakeStep } from '../fakes/fake-language-model.js';

/** What a request is answered with in place of an answer. */
export interface Fault {
  status?: number;
  body?: string;
  headers?: Record<string, string>;
  /** The connection is reset: at once, or after so many events or pieces. */
  resetAfter?: number;
  /** Nothing is said any more after so many events or pieces. */
  silentAfter?: number;
}

export interface Seen {
  path: string;
  authorization: string | undefined;
  body: Buffer;
  /** Whether the client went away before the end of the answer. */
  left: boolean;
}

/** Samples of a word of the synthesiser, at 24 kHz, and of the gap behind it. */
const wordSamples = 7200;
const gapSamples = 1200;

export class OpenAiServer {
  readonly seen: Seen[] = [];
  /** Taken by the next requests, one each. */
  readonly faults: (Fault | undefined)[] = [];
  /** Words by the speech that they are in. */
  readonly sentences: { words: string; speech: Int16Array }[] = [];
  /** Connections that were opened. */
  connections = 0;
  /** Wait before each event or piece, ms. */
  stepMs = 0;
  readonly #server = createServer((request, response) => void this.#answer(request, response));
  readonly #sockets = new Set<Socket>();
  #port = 0;

  static async start(): Promise<OpenAiServer> {
    const server = new OpenAiServer();
    server.#server.on('connection', (socket) => {
      server.connections++;
      server.#sockets.add(socket);
      socket.on('close', () => server.#sockets.delete(socket));
    });
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    server.#port = (server.#server.address() as AddressInfo).port;
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/v1`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request);
    const seen: Seen = {
      path: request.url ?? '',
      authorization: request.headers.authorization,
      body,
      left: false,
    };
    this.seen.push(seen);
    response.on('close', () => (seen.left = !response.writableFinished));
    const fault = this.faults.shift() ?? {};
    if (fault.status !== undefined) {
      response.writeHead(fault.status, fault.headers).end(fault.body);
      return;
    }
    if (fault.resetAfter === 0) {
      request.socket.resetAndDestroy();
      return;
    }
    if (fault.silentAfter === 0) return;
    switch (seen.path) {
      case '/v1/chat/completions':
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        return this.#send(response, chatEvents(JSON.parse(body.toString()) as ChatRequest), fault);
      case '/v1/audio/transcriptions':
        return this.#send(response, [JSON.stringify({ text: this.#wordsOf(body) })], fault);
      case '/v1/audio/speech': {
        const { input, voice } = JSON.parse(body.toString()) as { input: string; voice: string };
        return this.#send(response, speechPieces(input, voice), fault);
      }
      default:
        response.writeHead(404).end('no such path');
    }
  }

  async #send(response: ServerResponse, pieces: (string | Buffer)[], fault: Fault): Promise<void> {
    for (const [index, piece] of pieces.entries()) {
      if (fault.resetAfter === index) response.socket?.resetAndDestroy();
      if (fault.silentAfter === index || response.destroyed) return;
      if (this.stepMs > 0) await new Promise((done) => setTimeout(done, this.stepMs));
      // Each piece leaves before the next is made.
      await new Promise((done) => response.write(piece, done));
    }
    response.end();
  }

  /** Of the sentence that the file is the beginning of, as many words as its part of it. */
  #wordsOf(form: Buffer): string {
    const data = form.indexOf('data', form.indexOf('RIFF'));
    const length = form.readUInt32LE(data + 4) / 2;
    const heard = Int16Array.from({ length }, (_, index) => form.readInt16LE(data + 8 + 2 * index));
    const found = this.sentences.find(({ speech }) =>
      heard.every((sample, index) => sample === speech[index]),
    );
    if (found === undefined) return '';
    const words = found.words.split(' ');
    return words.slice(0, Math.ceil((words.length * length) / found.speech.length)).join(' ');
  }
}

interface ChatRequest {
  messages: {
    role: string;
    content: string | null;
    tool_call_id?: string;
    tool_calls?: { id: string; function: { name: string; arguments: string } }[];
  }[];
  max_tokens: number;
  tools?: { function: { name: string; description: string } }[];
}

/** What the fake's script says, up to its next call of a function. */
function chatEvents(request: ChatRequest): Buffer[] {
  const { messages, max_tokens: limit } = request;
  const history: ChatMessage[] = messages.flatMap(({ role, content }) =>
    content === null || role === 'tool' ? [] : [{ role: role as 'user', text: content }],
  );
  const tools = (request.tools ?? []).map(({ function: { name, description } }): Tool => {
    return { name, description, run: () => Promise.reject(new Error('The endpoint runs no functions.')) };
  });
  const answer = smallTalk(history, { tools, maxTokens: limit, temperature: 0 });
  const steps: FakeStep[] =
    typeof answer === 'string' ? [{ say: answer }] : [...(answer as Iterable<FakeStep>)];
  const called = messages.at(-1)?.role === 'tool';
  const event = (delta: unknown, finish: string | null = null) =>
    Buffer.from(`data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`);
  const first = steps[0];
  if (first !== undefined && 'call' in first && !called) {
    const args = JSON.stringify(first.arguments ?? {});
    const piece = (part: object) => event({ tool_calls: [{ index: 0, ...part }] });
    return [
      event({ role: 'assistant', content: null }),
      piece({ id: 'call_a', type: 'function', function: { name: first.call, arguments: '' } }),
      ...[...args].map((letter) => piece({ function: { arguments: letter } })),
      event({}, 'tool_calls'),
      Buffer.from('data: [DONE]\n\n'),
    ];
  }
  const text = steps.map((step) => ('say' in step ? step.say : '')).join('');
  const pieces = text.match(/\s*\S+/g) ?? [];
  return [
    event({ role: 'assistant', content: '' }),
    ...pieces.slice(0, limit).map((piece) => event({ content: piece })),
    event({}, pieces.length > limit ? 'length' : 'stop'),
    Buffer.from('data: [DONE]\n\n'),
  ];
}

/** A tone for each word, between silences; the voices are an octave apart and one is softer. */
function speechPieces(text: string, voice: string): Buffer[] {
  const words = text.split(/\s+/).filter(Boolean);
  const silence = 4800;
  const sound = new Int16Array(silence + words.length * (wordSamples + gapSamples) + silence);
  const [pitch, level] = voice === 'low' ? [110, 3000] : [220, 6000];
  words.forEach((_, word) => {
    const from = silence + word * (wordSamples + gapSamples);
    for (let at = 0; at < wordSamples; at++)
      sound[from + at] = Math.round(level * Math.sin((2 * Math.PI * pitch * at) / 24_000));
  });
  const bytes = Buffer.from(sound.buffer);
  const pieces: Buffer[] = [];
  // An odd length: samples are cut in two.
  for (let at = 0; at < bytes.length; at += 4801) pieces.push(bytes.subarray(at, at + 4801));
  return pieces;
}
