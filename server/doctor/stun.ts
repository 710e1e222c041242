/** Asks a STUN server how a UDP port of ours looks from outside (RFC 8489). */
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { isIPv4 } from 'node:net';

const MAGIC = 0x2112_a442;
const TRIES = 3;
const TRY_MS = 700;

/** @returns address and port as the server sees them; undefined when it does not answer. */
export async function mappedAddress(
  localAddress: string,
  localPort: number,
  stunServer: string,
): Promise<{ address: string; port: number } | undefined> {
  const [host = '', port = '3478'] = stunServer.split(':');
  const socket = createSocket({ type: 'udp4' });
  const request = Buffer.concat([Buffer.from([0, 1, 0, 0]), Buffer.alloc(4), randomBytes(12)]);
  request.writeUInt32BE(MAGIC, 4);
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(localPort, isIPv4(localAddress) ? localAddress : '0.0.0.0', resolve);
    });
    return await new Promise((resolve) => {
      let tries = 0;
      const send = () => {
        if (tries++ === TRIES) return finish(undefined);
        socket.send(request, Number(port), host, () => undefined);
      };
      const timer = setInterval(send, TRY_MS);
      const finish = (mapped: { address: string; port: number } | undefined) => {
        clearInterval(timer);
        resolve(mapped);
      };
      socket.on('error', () => finish(undefined));
      socket.on('message', (answer) => {
        const mapped = parse(answer, request);
        if (mapped) finish(mapped);
      });
      send();
    });
  } finally {
    socket.close();
  }
}

/** The XOR-MAPPED-ADDRESS of the answer to our request (RFC 8489, 14.2). */
function parse(answer: Buffer, request: Buffer): { address: string; port: number } | undefined {
  if (answer.length < 20 || answer.readUInt16BE(0) !== 0x0101) return undefined;
  if (!answer.subarray(4, 20).equals(request.subarray(4, 20))) return undefined;
  for (let at = 20; at + 4 <= answer.length;) {
    const [type, length] = [answer.readUInt16BE(at), answer.readUInt16BE(at + 2)];
    if (type === 0x0020 && length === 8 && at + 12 <= answer.length && answer[at + 5] === 1) {
      const bytes = [0, 1, 2, 3].map((byte) => (answer[at + 8 + byte] ?? 0) ^ (request[4 + byte] ?? 0));
      return { address: bytes.join('.'), port: answer.readUInt16BE(at + 6) ^ (MAGIC >>> 16) };
    }
    at += 4 + length + ((4 - (length % 4)) % 4);
  }
  return undefined;
}
