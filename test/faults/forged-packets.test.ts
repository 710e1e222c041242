/** Random bytes and forged RTP on every UDP port of the server, and from inside a call: nobody else hears of it. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serialiseRtp } from '../../server/media/rtp-packet.js';
import { speechClip } from '../callers/caller-speech.js';
import type { OpusClip } from '../callers/opus-clip.js';
import { WebRtcCaller } from '../callers/web-rtc-caller.js';
import { ServerProcess } from '../helpers/server-process.js';
import { until } from '../helpers/until.js';
import { randomBytesFrom, seededRandom } from './seeded-random.js';
import { SteadyCall } from './steady-call.js';

/** Datagrams sent before others get their turn: no flood, for the loopback would lose the good call's packets too. */
const BATCH = 20;

describe('a good call beside forged packets', () => {
  let server: ServerProcess;
  let steady: SteadyCall;
  let question: OpusClip;
  let stranger: Socket;
  const random = seededRandom(20_260);

  beforeAll(async () => {
    question = await speechClip('What is your name?');
    server = await ServerProcess.start();
    steady = await SteadyCall.start(server.url);
    stranger = createSocket('udp4');
    stranger.bind(0, '127.0.0.1');
    await once(stranger, 'listening');
  }, 300_000);

  afterAll(async () => {
    stranger.close();
    await steady.leave();
    await server.stop();
  });

  async function sendAll(datagrams: Iterable<Buffer>, ports: readonly number[]): Promise<number> {
    let sent = 0;
    for (const datagram of datagrams) {
      for (const port of ports) {
        await new Promise<void>((resolve, reject) => {
          stranger.send(datagram, port, '127.0.0.1', (error) => (error ? reject(error) : resolve()));
        });
        if (++sent % BATCH === 0) await nextTurn();
      }
    }
    return sent;
  }

  async function dropped(reason: string): Promise<number> {
    return (await server.metrics()).get(`parley_rtp_packets_dropped_total{reason="${reason}"}`) ?? 0;
  }

  /** The ports of the good call: two private ones and the one that browsers send to. */
  function portsOfCall(): number[] {
    const { udpPorts } = server.resources();
    expect(udpPorts.length).toBeGreaterThanOrEqual(3);
    return udpPorts;
  }

  it('drops random bytes on every port', async () => {
    const datagrams = Array.from({ length: 400 }, () => randomBytesFrom(random, Math.floor(random() * 1400)));
    await sendAll([Buffer.alloc(0), ...datagrams], portsOfCall());
    await steady.nextAnswers(1);
  }, 300_000);

  it('drops forged RTP and RTCP from elsewhere, and counts it', async () => {
    const before = await dropped('source');
    const ssrcs = [0, 1, 0xffff_ffff, ...ssrcsOf(steady.caller)];
    const forged: Buffer[] = [];
    for (const ssrc of ssrcs) {
      for (let payloadType = 0; payloadType < 128; payloadType++) {
        forged.push(
          serialiseRtp({
            marker: true,
            payloadType,
            sequenceNumber: Math.floor(random() * 65_536),
            timestamp: Math.floor(random() * 2 ** 32),
            ssrc,
            payload: randomBytesFrom(random, 80),
          }),
        );
      }
      forged.push(
        Buffer.from([0x81, 203, 0, 1, ssrc >>> 24, (ssrc >> 16) & 255, (ssrc >> 8) & 255, ssrc & 255]),
      );
    }
    await sendAll(forged, portsOfCall());
    await until('they are counted', async () => (await dropped('source')) >= before + forged.length);
    await steady.nextAnswers(1);
  }, 300_000);

  it('is not led astray by STUN and DTLS of a stranger', async () => {
    const stun = Buffer.alloc(20);
    stun.writeUInt16BE(1, 0);
    stun.writeUInt32BE(0x2112_a442, 4);
    const attributes = Buffer.concat([stun, Buffer.from([0, 6, 255, 255]), randomBytesFrom(random, 60)]);
    attributes.writeUInt16BE(64, 2);
    const hello = Buffer.concat([
      Buffer.from([22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 60, 1]),
      Buffer.alloc(59),
    ]);
    const datagrams = Array.from({ length: 50 }, () => [stun, attributes, hello]).flat();
    await sendAll(datagrams, portsOfCall());
    await steady.nextAnswers(1);
  }, 300_000);

  it('conceals and counts what a caller sends in place of Opus', async () => {
    const rogue = await WebRtcCaller.call(server.url);
    const before = (await server.metrics()).get('parley_decode_errors_total') ?? 0;
    for (let count = 0; count < 300 && !rogue.ended; count++) {
      const length = 1 + Math.floor(random() * 1100);
      const payload = randomBytesFrom(random, length);
      // Code 3 with 63 frames is more than the 120 ms that a packet may hold (RFC 6716, 3.2.5).
      if (count % 2 === 0) payload.set([0xff, 0x3f]);
      rogue.sendRaw(payload);
      rogue.sendRaw(payload, { ssrc: 99 });
      rogue.sendRaw(payload, { payloadType: count % 128 });
      if (count % 5 === 0) await nextTurn();
    }
    await until(
      'refused payloads are counted',
      async () => ((await server.metrics()).get('parley_decode_errors_total') ?? 0) > before,
    );
    await steady.nextAnswers(1);
    if (rogue.ended) expect(rogue.ended.reason).toBe('mediaFailed');
    await rogue.leave(rogue.ended ? 'disconnect' : 'end');
    await until('the rogue is gone', async () => (await server.metrics()).get('parley_calls') === 1);
  }, 300_000);

  it('leaves the good call as it was', async () => {
    await steady.expectUndisturbed(question, /name/);
    expect(server.logged('mediasoup worker died')).toBeUndefined();
    expect(server.log.filter(({ level }) => level >= 50)).toEqual([]);
  }, 300_000);
});

function ssrcsOf(caller: WebRtcCaller): number[] {
  return (caller.start.voiceTrack.rtpParameters.encodings ?? []).map(({ ssrc }) => ssrc ?? 0);
}
