import { describe, expect, it } from 'vitest';
import { isRtcp, parseRtp, serialiseRtp, type RtpPacket } from '../../../server/media/rtp-packet.js';
import { seededRandom } from '../../fakes/packet-source.js';

const plain: RtpPacket = {
  marker: true,
  payloadType: 111,
  sequenceNumber: 65_535,
  timestamp: 0xffff_fff0,
  ssrc: 0xdead_beef,
  payload: Uint8Array.of(1, 2, 3),
};

function bytes(packet: RtpPacket | string): RtpPacket {
  if (typeof packet === 'string') throw new Error(packet);
  return {
    ...packet,
    payload: Uint8Array.from(packet.payload),
    ...(packet.extension && {
      extension: { profile: packet.extension.profile, data: Uint8Array.from(packet.extension.data) },
    }),
  };
}

describe('RTP packet', () => {
  it.each<[string, RtpPacket, number]>([
    ['plain', plain, 0],
    ['without payload', { ...plain, payload: new Uint8Array(0) }, 0],
    ['with contributing sources', { ...plain, csrcs: [1, 0xffff_ffff] }, 0],
    ['with an extension', { ...plain, extension: { profile: 0xbede, data: Uint8Array.of(1, 2, 3, 4) } }, 0],
    ['with padding', plain, 9],
    [
      'with everything',
      { ...plain, marker: false, csrcs: [5], extension: { profile: 1, data: new Uint8Array(8) } },
      255,
    ],
  ])('survives the round trip %s', (_, packet, padding) => {
    expect(bytes(parseRtp(serialiseRtp(packet, padding)))).toEqual(packet);
  });

  it('is not read from what is too short, of another version or contradicts itself', () => {
    const data = serialiseRtp({ ...plain, extension: { profile: 1, data: new Uint8Array(4) } }, 4);
    expect(parseRtp(data.subarray(0, 11))).toBe('tooShort');
    expect(parseRtp(new Uint8Array(0))).toBe('tooShort');
    const version = Buffer.from(data);
    version[0] = (version[0] ?? 0) & 0x3f;
    expect(parseRtp(version)).toBe('wrongVersion');
    const sources = serialiseRtp(plain);
    sources[0] = (sources[0] ?? 0) | 0x0f;
    expect(parseRtp(sources)).toBe('tooShort');
    const extension = Buffer.from(data);
    extension.writeUInt16BE(1_000, 14);
    expect(parseRtp(extension)).toBe('badExtension');
    const padding = Buffer.from(data);
    padding[padding.length - 1] = 0;
    expect(parseRtp(padding)).toBe('badPadding');
    padding[padding.length - 1] = 255;
    expect(parseRtp(padding)).toBe('badPadding');
  });

  it('is never an exception, and never more than the datagram holds', () => {
    const random = seededRandom(3);
    for (let i = 0; i < 20_000; i++) {
      const data = Buffer.from(Array.from({ length: Math.floor(random() * 64) }, () => random() * 256));
      // Half of them get past the version.
      if (data.length > 0 && i % 2 === 0) data[0] = ((data[0] ?? 0) & 0x3f) | 0x80;
      const packet = parseRtp(data);
      if (typeof packet === 'string') continue;
      expect(packet.payload.length).toBeLessThanOrEqual(data.length - 12);
    }
  });

  it('is told from RTCP on the same port (RFC 5761)', () => {
    expect(isRtcp(Uint8Array.of(0x80, 200))).toBe(true);
    expect(isRtcp(serialiseRtp(plain))).toBe(false);
    expect(isRtcp(new Uint8Array(0))).toBe(false);
  });
});
