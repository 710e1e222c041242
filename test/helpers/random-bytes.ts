/** Bytes that look random and are the same every time. */
import { createCipheriv } from 'node:crypto';

export function randomBytes(count: number, seed: number): Buffer {
  const key = Buffer.alloc(16);
  key.writeUInt32LE(seed);
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(count));
}
