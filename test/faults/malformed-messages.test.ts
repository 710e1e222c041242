/** Garbage on every socket message: each is answered with its error, and the call beside it goes on as if nothing were. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { Answer, ClientToServerEvents } from '../../server/protocol.js';
import { speechClip } from '../callers/caller-speech.js';
import type { OpusClip } from '../callers/opus-clip.js';
import { SignallingClient } from '../callers/signalling-client.js';
import type { WebRtcCaller } from '../callers/web-rtc-caller.js';
import { ServerProcess } from '../helpers/server-process.js';
import { until } from '../helpers/until.js';
import { SteadyCall } from './steady-call.js';

const events: (keyof ClientToServerEvents)[] = [
  'startCall',
  'connectMedia',
  'sendMicrophone',
  'say',
  'reportPlayout',
  'endCall',
];

/** Nothing that any message may be. */
const garbage: [string, unknown][] = [
  ['null', null],
  ['a number', 7],
  ['a huge number', 1e308],
  ['a negative number', -1],
  ['a string', 'x'],
  ['an empty string', ''],
  ['true', true],
  ['a list', []],
  ['a list of lists', [[[[]]]]],
  ['bytes', Buffer.from([0, 1, 2, 255])],
  ['an object with bytes', { text: Buffer.alloc(100), dtlsParameters: Buffer.alloc(1) }],
  ['an unknown field', { surprise: 1 }],
  ['the id of a call', { callId: '00000000-0000-4000-8000-000000000000' }],
  ['deep nesting', deep(2000)],
];

const fingerprint = { algorithm: 'sha-256', value: Array(32).fill('AB').join(':') };

function codec(change: object = {}): object {
  return {
    mimeType: 'audio/opus',
    payloadType: 111,
    clockRate: 48_000,
    channels: 2,
    parameters: { useinbandfec: 1 },
    rtcpFeedback: [],
    ...change,
  };
}

function microphone(change: object = {}): object {
  return { rtpParameters: { codecs: [codec()], encodings: [{ ssrc: 1234 }], ...change } };
}

/** Almost right messages and the field that the answer must name. */
const almost: [keyof ClientToServerEvents, string, unknown][] = [
  ['startCall', 'systemPrompt', { systemPrompt: 5 }],
  ['startCall', 'tools.0.name', { tools: [{ name: 'a b', description: 'c' }] }],
  [
    'startCall',
    'tools.0.parameters',
    { tools: [{ name: 'a', description: 'b', parameters: { type: 'string' } }] },
  ],
  ['startCall', 'systemPrompt', { systemPrompt: 'x'.repeat(4001) }],
  ['startCall', 'voice', { voice: {} }],
  ['startCall', 'voice', { voice: '../../etc/passwd' }],
  ['connectMedia', 'direction', { dtlsParameters: { fingerprints: [fingerprint] } }],
  ['connectMedia', 'direction', { direction: 'both', dtlsParameters: { fingerprints: [fingerprint] } }],
  ['connectMedia', 'dtlsParameters', { direction: 'send' }],
  [
    'connectMedia',
    'dtlsParameters.fingerprints',
    { direction: 'send', dtlsParameters: { fingerprints: [] } },
  ],
  [
    'connectMedia',
    'dtlsParameters.fingerprints.0.algorithm',
    { direction: 'send', dtlsParameters: { fingerprints: [{ ...fingerprint, algorithm: 'md5' }] } },
  ],
  [
    'connectMedia',
    'dtlsParameters.fingerprints.0.value',
    { direction: 'send', dtlsParameters: { fingerprints: [{ ...fingerprint, value: '' }] } },
  ],
  [
    'connectMedia',
    'dtlsParameters.role',
    { direction: 'send', dtlsParameters: { role: 9, fingerprints: [fingerprint] } },
  ],
  ['sendMicrophone', 'rtpParameters', {}],
  ['sendMicrophone', 'rtpParameters.codecs', microphone({ codecs: [] })],
  ['sendMicrophone', 'rtpParameters.codecs', microphone({ codecs: Array(500).fill(codec()) })],
  [
    'sendMicrophone',
    'rtpParameters.codecs.0.mimeType',
    microphone({ codecs: [codec({ mimeType: 'video/VP8' })] }),
  ],
  [
    'sendMicrophone',
    'rtpParameters.codecs.0.payloadType',
    microphone({ codecs: [codec({ payloadType: 300 })] }),
  ],
  [
    'sendMicrophone',
    'rtpParameters.codecs.0.payloadType',
    microphone({ codecs: [codec({ payloadType: -1 })] }),
  ],
  ['sendMicrophone', 'rtpParameters.codecs.0.channels', microphone({ codecs: [codec({ channels: 2e9 })] })],
  ['sendMicrophone', 'rtpParameters.encodings', microphone({ encodings: 'x' })],
  ['sendMicrophone', 'rtpParameters.encodings.0.ssrc', microphone({ encodings: [{ ssrc: 2 ** 32 }] })],
  ['sendMicrophone', 'rtpParameters.encodings.0.ssrc', microphone({ encodings: [{ ssrc: -1 }] })],
  ['sendMicrophone', 'rtpParameters.encodings.0.ssrc', microphone({ encodings: [{ ssrc: 1.5 }] })],
  ['say', 'text', {}],
  ['say', 'text', { text: '' }],
  ['say', 'text', { text: '   ' }],
  ['say', 'text', { text: 'x'.repeat(2001) }],
  ['reportPlayout', 'jitterBufferMs', { jitterBufferMs: -1, roundTripMs: 1, outputMs: 1 }],
  ['reportPlayout', 'roundTripMs', { jitterBufferMs: 1, roundTripMs: 1e99, outputMs: 1 }],
  ['reportPlayout', 'outputMs', { jitterBufferMs: 1, roundTripMs: 1 }],
];

describe('a good call beside somebody who sends garbage', () => {
  let server: ServerProcess;
  let steady: SteadyCall;
  let question: OpusClip;
  const open: SignallingClient[] = [];

  beforeAll(async () => {
    question = await speechClip('What is your name?');
    // The good call comes from the same address.
    server = await ServerProcess.start({ PARLEY_LIMITS_SHUT_OUT_SECONDS: '0' });
    steady = await SteadyCall.start(server.url);
  }, 300_000);

  afterEach(async () => {
    for (const client of open.splice(0)) client.close();
    await until('only the good call is left', async () => (await server.metrics()).get('parley_calls') === 1);
  });

  afterAll(async () => {
    await steady.leave();
    await server.stop();
  });

  async function client(): Promise<SignallingClient> {
    const made = await SignallingClient.connect(server.url);
    open.push(made);
    return made;
  }

  /** A client whose call has been opened and waits for its media. */
  async function caller(): Promise<SignallingClient> {
    const made = await client();
    await made.request('startCall', {});
    return made;
  }

  it.each(events)('%s: what no message may be is a bad request', async (event) => {
    const before = await client();
    const during = await caller();
    for (const socket of [before, during]) {
      for (const [what, value] of garbage) {
        expect(await codeOf(socket.send(event, value)), what).toBe('badRequest');
      }
      expect(await codeOf(socket.send(event, null, undefined, 7)), 'three arguments').toBe('badRequest');
      // Nobody to answer: nothing happens.
      socket.emit(event);
      socket.emit(event, { ok: 1 }, 'no function');
      socket.emit(event, 'x');
    }
    expect(await codeOf(before.send('say', { text: 'hello' }))).toBe('notFound');
    expect(await codeOf(during.send('say', { text: 'hello' }))).toBe('ok');
  });

  it('names the field that is wrong', async () => {
    const socket = await client();
    for (const [event, field, message] of almost) {
      const answer = await socket.send(event, message);
      const name = `${event}.${field}`;
      expect(answer.ok, name).toBe(false);
      if (answer.ok) continue;
      expect(answer.error.code, name).toBe('badRequest');
      const voiceUnknown = answer.error.message.startsWith('There is no voice "../../etc/passwd"');
      if (!voiceUnknown) expect(answer.error.message).toContain(name);
      expect(answer.error.message).not.toMatch(/server\/|\.ts|node_modules/);
    }
  });

  it('refuses messages in the wrong order', async () => {
    const socket = await client();
    const connect = { direction: 'send', dtlsParameters: { role: 'client', fingerprints: [fingerprint] } };
    const orderly: [string, unknown][] = [
      ['connectMedia', connect],
      ['sendMicrophone', microphone()],
      ['say', { text: 'hello' }],
      ['reportPlayout', { jitterBufferMs: 1, roundTripMs: 1, outputMs: 1 }],
      ['endCall', {}],
    ];
    for (const [event, message] of orderly)
      expect(await codeOf(socket.send(event, message)), event).toBe('notFound');

    const both = await Promise.all([
      codeOf(socket.send('startCall', {})),
      codeOf(socket.send('startCall', {})),
    ]);
    expect(both.sort()).toEqual(['ok', 'wrongState']);
    expect(await codeOf(socket.send('startCall', {}))).toBe('wrongState');
    const twice = await Promise.all([
      codeOf(socket.send('connectMedia', connect)),
      codeOf(socket.send('connectMedia', connect)),
    ]);
    expect(twice.sort()).toEqual(['badRequest', 'ok']);
    const microphones = await Promise.all([
      codeOf(socket.send('sendMicrophone', microphone())),
      codeOf(socket.send('sendMicrophone', microphone({ encodings: [{ ssrc: 77 }] }))),
    ]);
    expect(microphones.sort()).toEqual(['ok', 'wrongState']);
    expect(await codeOf(socket.send('endCall', {}))).toBe('ok');
    expect(await codeOf(socket.send('endCall', {}))).toBe('notFound');
  });

  it('answers messages that do not exist', async () => {
    const socket = await client();
    for (const event of [
      '',
      'x',
      'callEnded',
      'ready',
      'constructor',
      '__proto__',
      'toString',
      'x'.repeat(9999),
    ]) {
      const answer = await socket.send(event, {});
      expect(answer, event).toMatchObject({ ok: false, error: { code: 'badRequest' } });
      if (!answer.ok) expect(answer.error.message.length).toBeLessThan(300);
    }
  });

  it('gives mediasoup nothing that harms it', async () => {
    const strange: [string, object][] = [
      ['a fingerprint that is too short', { fingerprints: [{ algorithm: 'sha-256', value: 'AB:CD' }] }],
      ['another algorithm than its length', { fingerprints: [{ ...fingerprint, algorithm: 'sha-512' }] }],
      ['many fingerprints', { fingerprints: Array(8).fill(fingerprint) }],
      ['role auto', { role: 'auto', fingerprints: [fingerprint] }],
    ];
    const microphones: [string, object][] = [
      ['SSRC 0', microphone({ encodings: [{ ssrc: 0 }] })],
      ['no SSRC', microphone({ encodings: [{}] })],
      ['a rid', microphone({ encodings: [{ rid: 'r0' }] })],
      ['no SSRC and a mid', microphone({ mid: 'm'.repeat(64), encodings: [{}] })],
      ['an extension of nobody', microphone({ headerExtensions: [{ uri: 'urn:nobody', id: 255 }] })],
      [
        'the same extension many times',
        microphone({
          headerExtensions: Array(16).fill({ uri: 'urn:ietf:params:rtp-hdrext:sdes:mid', id: 1 }),
        }),
      ],
      ['an endless bitrate', microphone({ encodings: [{ ssrc: 5, maxBitrate: Number.MAX_SAFE_INTEGER }] })],
      ['payload type 0', microphone({ codecs: [codec({ payloadType: 0 })] })],
      [
        'strange parameters',
        microphone({ codecs: [codec({ parameters: { apt: 1, __proto: 'x', '': null } })] }),
      ],
      [
        'strange feedback',
        microphone({ codecs: [codec({ rtcpFeedback: Array(16).fill({ type: '', parameter: '' }) })] }),
      ],
      ['a long cname', microphone({ rtcp: { cname: 'c'.repeat(256) } })],
      ["the good call's own SSRCs", microphone({ encodings: [{ ssrc: voiceSsrcOf(steady.caller) }] })],
    ];
    for (const [what, dtlsParameters] of strange) {
      const socket = await caller();
      expect(await codeOf(socket.send('connectMedia', { direction: 'send', dtlsParameters })), what).toMatch(
        /^(ok|badRequest)$/,
      );
      socket.close();
    }
    for (const [what, message] of microphones) {
      const socket = await caller();
      expect(await codeOf(socket.send('sendMicrophone', message)), what).toMatch(/^(ok|badRequest)$/);
      socket.close();
    }
    expect(server.logged('mediasoup worker died')).toBeUndefined();
  });

  it('shuts the door on whoever breaks the framing, and on nobody else', async () => {
    const frames: [string, string | Buffer][] = [
      ['a message of more than 64 kB', `420["say",{"text":"${'x'.repeat(70_000)}"}]`],
      ['many attachments announced', '4599999-["say",{"_placeholder":true,"num":0}]'],
      ['a reserved name', '42["disconnect",{}]'],
      ['no JSON', '42[{"say":'],
      ['an unknown type of packet', '49'],
      ['no packet of the protocol', 'zzz'],
      ['bytes that nobody announced', Buffer.alloc(200, 7)],
    ];
    for (const [what, frame] of frames) {
      const socket = await rawSocket(server.url);
      const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
      socket.send(frame);
      await until(`${what} ends the connection`, () => socket.readyState !== WebSocket.OPEN);
      socket.terminate();
      await closed;
    }
  });

  it('answers a name that is a number', async () => {
    const socket = await rawSocket(server.url);
    const answers: string[] = [];
    socket.on('message', (data: Buffer) => answers.push(data.toString()));
    socket.send('427[12,{}]');
    const answer = await until('an answer', () => answers.find((text) => text.startsWith('437')));
    expect(answer).toContain('"badRequest"');
    socket.close();
  });

  it('answers a hasty client with a refusal, and cuts one off that floods', async () => {
    const hasty = await client();
    const haste = Array.from({ length: 150 }, (_, index) => codeOf(hasty.send('say', { text: `${index}` })));
    const codes = await Promise.all(haste);
    expect(codes.slice(0, 100)).toEqual(Array(100).fill('notFound'));
    expect(codes.at(-1)).toBe('tooManyRequests');
    const flooding = await client();
    for (let count = 0; count < 2000; count++) flooding.emit('say', { text: `${count}` });
    await until('it is cut off', () => !flooding.socket.connected);
    const metrics = await server.metrics();
    expect(metrics.get('parley_refused_total{reason="flood"}')).toBe(1);
    const told = server.log.filter(({ msg }) => msg.startsWith('turned away')).map(({ reason }) => reason);
    expect(told.length).toBe(new Set(told).size);
  });

  it('leaves the good call as it was, and nothing behind', async () => {
    await steady.expectUndisturbed(question, /name/);
    const unexpected = server.log.filter(({ level }) => level >= 50);
    expect(unexpected).toEqual([]);
  });
});

async function codeOf(answer: Promise<Answer<unknown>>): Promise<string> {
  const given = await answer;
  return given.ok ? 'ok' : given.error.code;
}

function deep(levels: number): object {
  let value: object = {};
  for (let level = 0; level < levels; level++) value = { text: value };
  return value;
}

function voiceSsrcOf(caller: WebRtcCaller): number {
  return caller.start.voiceTrack.rtpParameters.encodings?.[0]?.ssrc ?? 1;
}

/** A connection that has been through engine.io's and socket.io's greeting and sends what it likes. */
async function rawSocket(url: string): Promise<WebSocket> {
  const address = new URL('socket.io/?EIO=4&transport=websocket', url);
  address.protocol = 'ws:';
  const socket = new WebSocket(address);
  const greeted = new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.on('message', (data: Buffer) => {
      const text = data.toString();
      if (text.startsWith('0')) socket.send('40');
      if (text.startsWith('40')) resolve();
    });
  });
  await greeted;
  socket.on('error', () => undefined);
  return socket;
}
