/** Signalling over a real socket.io connection in this process, with calls that are stand-ins. */
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  BadRequestError,
  MediaFailedError,
  ServerDrainingError,
  ServerFullError,
} from '../../server/errors.js';
import { Access } from '../../server/access/access.js';
import type { Grant } from '../../server/access/call-grant.js';
import { CallerLimits } from '../../server/access/caller-limits.js';
import { ShutOut } from '../../server/access/shut-out.js';
import { loadConfig } from '../../server/config.js';
import { Refusals } from '../../server/observability/refusals.js';
import type { EndReason, StartCallRequest, StartCallResult, WaitingUpdate } from '../../server/protocol.js';
import type { CallerListener } from '../../server/session/session-manager.js';
import type { SessionListener } from '../../server/session/session.js';
import type { SignalledCall } from '../../server/signalling/call-line.js';
import { startSignalling, type Signalling } from '../../server/signalling/signalling.js';
import { SignallingClient } from '../callers/signalling-client.js';
import { until } from '../helpers/until.js';

const about: Pick<StartCallResult, 'models' | 'voices'> = {
  voices: ['slt'],
  models: { recognizer: 'r', languageModel: 'l', synthesizer: 's', note: 'n' },
};

const fingerprint = { algorithm: 'sha-256' as const, value: Array(32).fill('AB').join(':') };
const connect = { direction: 'send' as const, dtlsParameters: { fingerprints: [fingerprint] } };
const microphone = {
  rtpParameters: {
    codecs: [{ mimeType: 'audio/opus' as const, payloadType: 111, clockRate: 48_000, channels: 2 }],
    encodings: [{ ssrc: 1 }],
  },
};

/** A call that remembers what was asked of it. */
class StandInCall {
  readonly #lifetime = new AbortController();
  readonly listener: SessionListener;
  readonly said: string[] = [];
  closedFor: EndReason | undefined;
  readonly connect = vi.fn(() => Promise.resolve());
  readonly restartIce = vi.fn(() =>
    Promise.resolve({ usernameFragment: 'new', password: 'secret', iceLite: true }),
  );
  readonly takeMicrophone = vi.fn(() => Promise.resolve('producer'));

  constructor(listener: SessionListener) {
    this.listener = listener;
  }

  get call(): SignalledCall {
    return {
      session: {
        id: 'call-1',
        signal: this.#lifetime.signal,
        say: (text) => this.said.push(text),
        reportPlayout: () => undefined,
        close: (reason, message) => this.close(reason, message),
      },
      media: {
        describe: () => ({}) as ReturnType<SignalledCall['media']['describe']>,
        connect: this.connect,
        restartIce: this.restartIce,
        takeMicrophone: this.takeMicrophone,
      },
    };
  }

  close(reason: EndReason, message: string): Promise<void> {
    if (this.closedFor === undefined) {
      this.closedFor = reason;
      this.#lifetime.abort();
      this.listener.ended(reason, message);
    }
    return Promise.resolve();
  }
}

describe('signalling', () => {
  let http: Server;
  let signalling: Signalling;
  let url: string;
  let client: SignallingClient;
  const calls: StandInCall[] = [];
  const logged: string[] = [];
  /** What `start` of the manager does. */
  let open: (
    request: StartCallRequest,
    listener: CallerListener,
    left: AbortSignal,
  ) => Promise<SignalledCall>;

  beforeEach(async () => {
    calls.length = 0;
    logged.length = 0;
    open = (_, listener) => {
      const call = new StandInCall(listener);
      calls.push(call);
      return Promise.resolve(call.call);
    };
    http = createServer().listen(0, '127.0.0.1');
    await once(http, 'listening');
    const log = pino({ level: 'debug' }, { write: (line: string) => logged.push(line) });
    const manager = {
      start: (request: StartCallRequest, listener: CallerListener, _grant: Grant, left: AbortSignal) =>
        open(request, listener, left),
    };
    const config = loadConfig({});
    const access = new Access(config, log);
    const refusals = new Refusals({ refused: () => undefined }, log);
    signalling = startSignalling(http, {
      manager,
      about,
      access,
      limits: config.limits,
      ice: config.ice,
      callerLimits: new CallerLimits(config.limits),
      shutOut: new ShutOut(config.limits, () => undefined),
      reconnectMs: config.calls.reconnectMs,
      refusals,
      log,
    });
    url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/`;
    client = await SignallingClient.connect(url);
  });

  afterEach(async () => {
    client.close();
    await signalling.close();
    expect(http.listening).toBe(false);
  });

  it('answers startCall with the call, the voices and the models', async () => {
    const result = await client.request('startCall', {});
    expect(result).toMatchObject({ callId: 'call-1', ...about });
  });

  it("brings a function call to the page and the page's answer back", async () => {
    client.socket.on('callTool', (call, answer) => {
      if (call.name === 'show') answer({ ok: true, result: { shown: call.arguments } });
      else if (call.name === 'fail') answer({ ok: false, message: 'No picture.' });
      else if (call.name === 'lie') answer({ ok: 'perhaps' } as never);
    });
    const tools = [{ name: 'show', description: 'Shows a picture.' }];
    await client.request('startCall', { tools });
    const { listener } = calls[0] ?? {};
    expect(await listener?.callTool('show', { picture: 1 }, 1000)).toEqual({ shown: { picture: 1 } });
    await expect(listener?.callTool('fail', {}, 1000)).rejects.toThrow('No picture.');
    await expect(listener?.callTool('lie', {}, 1000)).rejects.toThrow(/protocol/);
    await expect(listener?.callTool('silent', {}, 50)).rejects.toThrow();
  });

  it('tells a caller who waits for a place where it stands, and notices when it leaves', async () => {
    const waiting: WaitingUpdate[] = [];
    client.socket.on('waiting', (update) => waiting.push(update));
    let gone: AbortSignal | undefined;
    open = (_, listener, left) => {
      gone = left;
      listener.waiting({ position: 2, expectedWaitSeconds: 9 });
      return new Promise((_resolve, reject) => {
        left.addEventListener('abort', () => reject(new Error('left')));
      });
    };
    client.emit('startCall', {}, () => undefined);
    await until('the caller knows where it stands', () => waiting.length > 0);
    expect(waiting).toEqual([{ position: 2, expectedWaitSeconds: 9 }]);
    expect(gone?.aborted).toBe(false);
    client.close();
    await until('the server knows that the caller has left', () => gone?.aborted);
  });

  it('hands messages to the call of the socket', async () => {
    await client.request('startCall', { systemPrompt: 'Be short.' });
    const [call] = calls;
    await client.request('connectMedia', connect);
    expect(call?.connect).toHaveBeenCalledWith('send', connect.dtlsParameters);
    expect(await client.request('restartIce', { direction: 'receive' })).toMatchObject({
      iceParameters: { usernameFragment: 'new' },
    });
    expect(call?.restartIce).toHaveBeenCalledWith('receive');
    expect(await client.request('sendMicrophone', microphone)).toEqual({ producerId: 'producer' });
    await client.request('say', { text: '  hello ' });
    expect(call?.said).toEqual(['hello']);
    await client.request('endCall', {});
    expect(call?.closedFor).toBe('callerLeft');
  });

  it('passes on what the call tells, in order', async () => {
    await client.request('startCall', {});
    const heard: unknown[] = [];
    client.socket.onAny((...event: unknown[]) => heard.push(event));
    const listener = calls[0]?.listener;
    listener?.ready();
    listener?.state('thinking');
    listener?.turn({ turnId: 1, speaker: 'agent', text: 'Yes.', final: true });
    listener?.ended('silence', 'Nobody has said anything.');
    await until('all events', () => heard.length === 4);
    expect(heard).toEqual([
      ['ready'],
      ['state', 'thinking'],
      ['turn', { turnId: 1, speaker: 'agent', text: 'Yes.', final: true }],
      ['callEnded', { reason: 'silence', message: 'Nobody has said anything.' }],
    ]);
  });

  it.each([
    ['connectMedia', { ...connect, direction: 'both' }, 'connectMedia.direction'],
    [
      'connectMedia',
      { direction: 'send', dtlsParameters: { fingerprints: [] } },
      'connectMedia.dtlsParameters',
    ],
    ['sendMicrophone', { rtpParameters: 5 }, 'sendMicrophone.rtpParameters'],
    ['say', { text: ' ' }, 'say.text'],
    ['say', { text: 'x'.repeat(2001) }, 'say.text'],
    ['reportPlayout', { jitterBufferMs: 'x', roundTripMs: 1, outputMs: 1 }, 'reportPlayout.jitterBufferMs'],
    ['startCall', { systemPrompt: 'x'.repeat(4001) }, 'startCall.systemPrompt'],
    ['endCall', { why: 'x' }, 'endCall'],
  ])('%s %j: the answer names %s', async (event, message, field) => {
    const answer = await client.send(event, message);
    expect(answer).toMatchObject({ ok: false, error: { code: 'badRequest' } });
    if (!answer.ok) expect(answer.error.message).toContain(field);
    expect(calls).toEqual([]);
  });

  it('knows no call before startCall, nor after the end', async () => {
    const messages: [string, unknown][] = [
      ['connectMedia', connect],
      ['restartIce', { direction: 'send' }],
      ['sendMicrophone', microphone],
      ['say', { text: 'hello' }],
      ['reportPlayout', { jitterBufferMs: 1, roundTripMs: 1, outputMs: 1 }],
      ['endCall', {}],
    ];
    const allUnknown = async () => {
      for (const [event, message] of messages)
        expect(await client.send(event, message), event).toMatchObject({ error: { code: 'notFound' } });
    };
    await allUnknown();
    await client.request('startCall', {});
    await calls[0]?.close('timeLimit', 'Too long.');
    await allUnknown();
    await client.request('startCall', {});
    expect(calls).toHaveLength(2);
  });

  it('has one call per socket, also while it is being opened', async () => {
    const [first, second] = await Promise.all([client.send('startCall', {}), client.send('startCall', {})]);
    expect(first).toMatchObject({ ok: true });
    expect(second).toMatchObject({ ok: false, error: { code: 'wrongState' } });
    expect(await client.send('startCall', {})).toMatchObject({ error: { code: 'wrongState' } });
    expect(calls).toHaveLength(1);
  });

  it('keeps the calls of two sockets apart', async () => {
    const other = await SignallingClient.connect(url);
    await client.request('startCall', {});
    expect(await other.send('say', { text: 'hello' })).toMatchObject({ error: { code: 'notFound' } });
    await other.request('startCall', {});
    await other.request('say', { text: 'hello' });
    other.close();
    await until('the other call is closed', () => calls[1]?.closedFor);
    expect(calls[0]?.closedFor).toBeUndefined();
    expect(calls[0]?.said).toEqual([]);
  });

  it('closes the call when the socket goes', async () => {
    await client.request('startCall', {});
    client.close();
    await until('the call is closed', () => calls[0]?.closedFor === 'callerLeft');
  });

  it('closes a call that was being opened when the socket went', async () => {
    let finish = (): void => undefined;
    const gate = new Promise<void>((resolve) => (finish = resolve));
    const start = open;
    let asked = false;
    open = async (request, listener, left) => {
      asked = true;
      await gate;
      return start(request, listener, left);
    };
    client.emit('startCall', {}, () => undefined);
    await until('the call is asked for', () => asked);
    client.close();
    // Nothing of the manager says that the socket is gone; a second connection that is served comes after it.
    const later = await SignallingClient.connect(url);
    await later.send('say', { text: 'x' });
    finish();
    await until('the call is closed', () => calls[0]?.closedFor === 'callerLeft');
    later.close();
  });

  it('closes a call whose end came while it was being opened', async () => {
    open = (_, listener) => {
      const call = new StandInCall(listener);
      calls.push(call);
      void call.close('mediaFailed', 'The media worker died.');
      return Promise.resolve(call.call);
    };
    await client.send('startCall', {});
    expect(await client.send('say', { text: 'hello' })).toMatchObject({ error: { code: 'notFound' } });
  });

  it.each([
    [new ServerFullError('All 8 places are taken.', 12), { code: 'serverFull', retryAfterSeconds: 12 }],
    [new ServerDrainingError(), { code: 'serverDraining' }],
    [
      new BadRequestError('There is no such voice.'),
      { code: 'badRequest', message: 'There is no such voice.' },
    ],
    [new MediaFailedError('No media worker is up.', { cause: new Error('secret') }), { code: 'mediaFailed' }],
  ])('tells %s as it is', async (error, told) => {
    open = () => Promise.reject(error);
    const answer = await client.send('startCall', {});
    expect(answer).toMatchObject({ ok: false, error: told });
    expect(JSON.stringify(answer)).not.toContain('secret');
  });

  it('keeps an unexpected error inside and logs it', async () => {
    open = () => Promise.reject(new TypeError('secret of /srv/parley'));
    const answer = await client.send('startCall', {});
    expect(answer).toEqual({
      ok: false,
      error: { code: 'internal', message: 'Something in the server failed.' },
    });
    expect(logged.join('')).toContain('secret of /srv/parley');
    open = (_, listener) => {
      const call = new StandInCall(listener);
      calls.push(call);
      return Promise.resolve(call.call);
    };
    expect(await client.send('startCall', {})).toMatchObject({ ok: true });
  });

  it('answers messages that do not exist, and ignores those that want no answer', async () => {
    expect(await client.send('nothing', {})).toMatchObject({ error: { code: 'badRequest' } });
    client.emit('startCall', {});
    client.emit('startCall', {}, 'no function');
    expect(await client.send('say', { text: 'x' })).toMatchObject({ error: { code: 'notFound' } });
    expect(calls).toEqual([]);
  });
});
