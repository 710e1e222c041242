/** What somebody sends who knows the protocol and means ill: packets of socket.io as they go over the line. */
import { randomBytesFrom } from '../faults/seeded-random.js';

const names = [
  'startCall',
  'connectMedia',
  'sendMicrophone',
  'say',
  'reportPlayout',
  'endCall',
  '__proto__',
  '',
];
const values = [
  'null',
  '7',
  '1e999',
  '[]',
  '{"callId":"00000000-0000-4000-8000-000000000000"}',
  '{"text":""}',
  '{"__proto__":{"admin":true}}',
  '{"constructor":{"prototype":{"admin":true}}}',
  '{"direction":"send","dtlsParameters":{"fingerprints":[{"algorithm":"sha-256","value":"AB"}]}}',
  '{"rtpParameters":{"codecs":[{"mimeType":"video/VP8"}],"encodings":[{"ssrc":-1}]}}',
  `{"text":"${'x'.repeat(3000)}"}`,
  `{"systemPrompt":"${'y'.repeat(5000)}"}`,
  `${'['.repeat(500)}${']'.repeat(500)}`,
];

/**
 * One WebSocket message. Most are well framed, so that the server has to look at them; of the others most break the
 * connection off.
 */
export function hostileMessage(random: () => number): string | Buffer {
  const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)] as T;
  const kind = random();
  if (kind < 0.9) {
    const id = random() < 0.7 ? String(Math.floor(random() * 1e6)) : '';
    return `42${id}[${JSON.stringify(pick(names))},${pick(values)}]`;
  }
  if (kind < 0.98)
    return pick(['42["say"]', '42["endCall",{}]', '421["x",{},{},{}]', '3', '2', '42["ping",1,2,3]']);
  if (kind < 0.985) return `45${Math.floor(random() * 1e6)}-["say",{"_placeholder":true,"num":0}]`;
  if (kind < 0.99) return `42[${'x'.repeat(100)}`;
  if (kind < 0.995) return randomBytesFrom(random, 200);
  return `42["say",{"text":"${'z'.repeat(70_000)}"}]`;
}
