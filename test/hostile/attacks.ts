/**
 * Attacks on a server, in a process of their own so that they do not disturb whoever measures:
 * `fork('attacks.ts', [JSON.stringify(order)])`; the last message of the process is its result.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setPriority } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { monotonicMs } from '../../server/media/media-types.js';
import { serialiseRtp } from '../../server/media/rtp-packet.js';
import { WebRtcCaller } from '../callers/web-rtc-caller.js';
import { seededRandom } from '../faults/seeded-random.js';
import { hostileMessage } from './hostile-messages.js';

export type Attack =
  /** Malformed messages over sockets from many addresses of this machine, which reconnect as they are cut off. */
  | { attack: 'messages'; url: string; perSecond: number; seconds: number; addresses: number }
  /** Mutated datagrams to UDP ports from outside the calls. */
  | { attack: 'datagrams'; ports: number[]; ssrcs: number[]; count: number; perSecond: number }
  /** Mutated packets under the keys of calls of their own. */
  | { attack: 'insideCalls'; url: string; count: number }
  /** Calls that are started and never connected, held for a while. */
  | { attack: 'halfOpen'; url: string; count: number; addresses: number; holdMs: number };

/** What was done, by name. */
export type AttackResult = Record<string, number>;

const TICK_MS = 10;

/** An address of this machine's own network, 127.0.0.0/8: never the one that other callers of it have, and one kind's own. */
const address = (kind: 0 | 1, index: number) => `127.${kind}.${Math.floor(index / 250)}.${2 + (index % 250)}`;

/** Where calls come from that attack from inside. */
const insideAddress = '127.2.0.2';

async function messages(order: Extract<Attack, { attack: 'messages' }>): Promise<AttackResult> {
  const random = seededRandom(7);
  const result = { sent: 0, connections: 0, refused: 0, cutOff: 0 };
  const open: (WebSocket | undefined)[] = [];
  const connect = (index: number): void => {
    const socket = newSocket(order.url, address(0, index));
    open[index] = socket;
    let greeted = false;
    socket.on('message', (data: Buffer) => {
      if (String(data).startsWith('0')) socket.send('40');
      if (String(data).startsWith('40')) {
        greeted = true;
        result.connections++;
      }
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (greeted) result.cutOff++;
      else result.refused++;
      open[index] = undefined;
    });
  };
  const beganAtMs = monotonicMs();
  let due = 0;
  for (let tick = 1; tick * TICK_MS <= order.seconds * 1000; tick++) {
    for (let index = 0; index < order.addresses; index++) if (!open[index] && tick % 10 === 0) connect(index);
    due = (tick * TICK_MS * order.perSecond) / 1000;
    const ready = open.filter((socket) => socket?.readyState === WebSocket.OPEN);
    // What nobody takes is not made up for later.
    for (
      let left = Math.min(due - result.sent, order.perSecond / 10), at = 0;
      left > 0 && ready.length > 0;
      left--
    ) {
      const socket = ready[at++ % ready.length];
      if (socket?.readyState !== WebSocket.OPEN) continue;
      socket.send(hostileMessage(random));
      result.sent++;
    }
    await sleep(Math.max(0, beganAtMs + tick * TICK_MS - monotonicMs()));
  }
  for (const socket of open) socket?.terminate();
  return { ...result, perSecond: Math.round(result.sent / order.seconds) };
}

async function datagrams(order: Extract<Attack, { attack: 'datagrams' }>): Promise<AttackResult> {
  const random = seededRandom(8);
  const sockets: Socket[] = [];
  for (let index = 0; index < 4; index++) {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    sockets.push(socket);
  }
  const beganAtMs = monotonicMs();
  let sent = 0;
  while (sent < order.count) {
    const due = Math.min(order.count, ((monotonicMs() - beganAtMs) * order.perSecond) / 1000);
    for (; sent < due; sent++) {
      const datagram = mutated(wellFormed(order.ssrcs, random), random);
      const port = order.ports[sent % order.ports.length] ?? 9;
      sockets[sent % sockets.length]?.send(datagram, port, '127.0.0.1');
    }
    await sleep(2);
  }
  for (const socket of sockets) socket.close();
  return { sent };
}

async function insideCalls({
  url,
  count,
}: Extract<Attack, { attack: 'insideCalls' }>): Promise<AttackResult> {
  const random = seededRandom(9);
  const result = { sent: 0, calls: 0, ended: 0, refused: 0 };
  while (result.sent < count) {
    const caller = await WebRtcCaller.call(url, {}, 30_000, { localAddress: insideAddress }).catch(
      () => undefined,
    );
    if (caller === undefined) {
      result.refused++;
      await sleep(200);
      continue;
    }
    result.calls++;
    while (result.sent < count && !caller.ended) {
      for (let batch = 0; batch < 10; batch++, result.sent++) sendMutated(caller, random);
      await sleep(1);
    }
    if (caller.ended) result.ended++;
    await caller.leave(caller.ended ? 'disconnect' : 'end');
  }
  return result;
}

async function halfOpen(order: Extract<Attack, { attack: 'halfOpen' }>): Promise<AttackResult> {
  const result: AttackResult = {};
  const count = (what: string) => (result[what] = (result[what] ?? 0) + 1);
  const sockets: WebSocket[] = [];
  for (let index = 0; index < order.count; index++) {
    const socket = newSocket(order.url, address(1, index % order.addresses));
    sockets.push(socket);
    socket.on('message', (data: Buffer) => {
      const text = String(data);
      if (text.startsWith('0')) socket.send('40');
      if (text.startsWith('40')) socket.send('421["startCall",{}]');
      if (!text.startsWith('431')) return;
      const [answer] = JSON.parse(text.slice(3)) as [{ ok: boolean; error?: { code: string } }];
      count(answer.ok ? 'opened' : (answer.error?.code ?? 'unknown'));
    });
    socket.on('error', () => count('refused'));
    if (index % 20 === 0) await sleep(10);
  }
  await sleep(order.holdMs);
  for (const socket of sockets) socket.terminate();
  return result;
}

function newSocket(url: string, localAddress: string): WebSocket {
  const target = new URL('socket.io/?EIO=4&transport=websocket', url);
  target.protocol = 'ws:';
  return new WebSocket(target, { localAddress, perMessageDeflate: false });
}

/** A packet that could be one of the call's. */
function wellFormed(ssrcs: readonly number[], random: () => number): Buffer {
  const kind = random();
  const ssrc = ssrcs[Math.floor(random() * ssrcs.length)] ?? 1;
  if (kind < 0.7) {
    return serialiseRtp({
      marker: random() < 0.1,
      payloadType: random() < 0.5 ? 100 : 111,
      sequenceNumber: Math.floor(random() * 65_536),
      timestamp: Math.floor(random() * 2 ** 32),
      ssrc,
      payload: Buffer.alloc(80, Math.floor(random() * 256)),
    });
  }
  if (kind < 0.8) {
    const rtcp = Buffer.alloc(28);
    rtcp.set([0x80, 200 + Math.floor(random() * 7), 0, 6]);
    rtcp.writeUInt32BE(ssrc >>> 0, 4);
    return rtcp;
  }
  if (kind < 0.9) {
    const stun = Buffer.alloc(60);
    stun.writeUInt16BE(1, 0);
    stun.writeUInt16BE(40, 2);
    stun.writeUInt32BE(0x2112_a442, 4);
    stun.set([0, 6, 0, 9], 20);
    return stun;
  }
  const hello = Buffer.alloc(80);
  hello.set([22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 67, 1, 0, 0, 55]);
  return hello;
}

/** The same with some bits turned over, bytes put in, or its end cut off. */
function mutated(packet: Buffer, random: () => number): Buffer {
  for (let flips = Math.floor(random() * 10); flips > 0; flips--) {
    const at = Math.floor(random() * packet.length);
    packet[at] = (packet[at] ?? 0) ^ (1 << Math.floor(random() * 8));
  }
  if (random() < 0.1) return packet.subarray(0, Math.floor(random() * packet.length));
  return random() < 0.05 ? Buffer.concat([packet, Buffer.alloc(Math.floor(random() * 1300), 0xff)]) : packet;
}

function sendMutated(caller: WebRtcCaller, random: () => number): void {
  const payload = Buffer.alloc(1 + Math.floor(random() * 1100), Math.floor(random() * 256));
  const kind = random();
  if (kind < 0.5) caller.sendRaw(payload);
  else if (kind < 0.7) caller.sendRaw(payload, { payloadType: Math.floor(random() * 128) });
  else if (kind < 0.9) caller.sendRaw(payload, { ssrc: Math.floor(random() * 2 ** 32) });
  else caller.sendRaw(payload, { sequenceNumber: Math.floor(random() * 65_536) });
}

const run = { messages, datagrams, insideCalls, halfOpen } as const;

const [given] = process.argv.slice(2);
if (given !== undefined && process.send !== undefined) {
  // Whoever attacks has a machine of his own; here his share of the processor must not be what is measured.
  setPriority(19);
  const order = JSON.parse(given) as Attack;
  const result = await (run[order.attack] as (order: Attack) => Promise<AttackResult>)(order);
  process.send(result, () => process.exit(0));
}
