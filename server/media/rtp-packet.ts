/** RTP packets as bytes: reading and writing the header of RFC 3550, section 5.1. */

/** Longest payload accepted: the longest single Opus frame (RFC 6716, section 3.4, R2). Bytes. */
export const MAX_PAYLOAD_BYTES = 1_275;

const FIXED_HEADER_BYTES = 12;

export interface RtpPacket {
  /** Set on the first packet of a talkspurt (RFC 3551, section 4.1). */
  marker: boolean;
  /** 0 to 127. */
  payloadType: number;
  /** 0 to 65,535; wraps. */
  sequenceNumber: number;
  /** Media time, 0 to 2^32 - 1; wraps. Opus counts 48 kHz whatever it was fed with (RFC 7587, section 4.1). */
  timestamp: number;
  ssrc: number;
  csrcs?: readonly number[];
  extension?: { profile: number; data: Uint8Array };
  payload: Uint8Array;
}

/** Why bytes are no RTP packet. */
export type RtpProblem = 'tooShort' | 'wrongVersion' | 'badExtension' | 'badPadding';

/** Whether a datagram on a port with RTP/RTCP multiplexing is RTCP (RFC 5761, section 4). */
export function isRtcp(data: Uint8Array): boolean {
  const type = data[1] ?? 0;
  return type >= 192 && type <= 223;
}

/** Reads a datagram. The payload is a view of `data`. */
export function parseRtp(data: Uint8Array): RtpPacket | RtpProblem {
  if (data.length < FIXED_HEADER_BYTES) return 'tooShort';
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const first = view.getUint8(0);
  const second = view.getUint8(1);
  if (first >> 6 !== 2) return 'wrongVersion';

  const csrcCount = first & 0x0f;
  let start = FIXED_HEADER_BYTES + 4 * csrcCount;
  if (start > data.length) return 'tooShort';

  let extension: RtpPacket['extension'];
  if ((first & 0x10) !== 0) {
    if (start + 4 > data.length) return 'badExtension';
    const end = start + 4 + 4 * view.getUint16(start + 2);
    if (end > data.length) return 'badExtension';
    extension = { profile: view.getUint16(start), data: data.subarray(start + 4, end) };
    start = end;
  }

  let end = data.length;
  if ((first & 0x20) !== 0) {
    const padding = data[end - 1] ?? 0;
    if (padding === 0 || start + padding > end) return 'badPadding';
    end -= padding;
  }

  const packet: RtpPacket = {
    marker: (second & 0x80) !== 0,
    payloadType: second & 0x7f,
    sequenceNumber: view.getUint16(2),
    timestamp: view.getUint32(4),
    ssrc: view.getUint32(8),
    payload: data.subarray(start, end),
  };
  if (csrcCount > 0) {
    packet.csrcs = Array.from({ length: csrcCount }, (_, i) => view.getUint32(FIXED_HEADER_BYTES + 4 * i));
  }
  if (extension) packet.extension = extension;
  return packet;
}

/**
 * Writes a packet.
 * @param paddingBytes 0 to 255 bytes of padding at the end, the count included.
 */
export function serialiseRtp(packet: RtpPacket, paddingBytes = 0): Buffer {
  const csrcs = packet.csrcs ?? [];
  const extensionBytes = packet.extension ? 4 + packet.extension.data.length : 0;
  const start = FIXED_HEADER_BYTES + 4 * csrcs.length + extensionBytes;
  const data = Buffer.allocUnsafe(start + packet.payload.length + paddingBytes);

  data[0] = 0x80 | (paddingBytes > 0 ? 0x20 : 0) | (packet.extension ? 0x10 : 0) | csrcs.length;
  data[1] = (packet.marker ? 0x80 : 0) | packet.payloadType;
  data.writeUInt16BE(packet.sequenceNumber, 2);
  data.writeUInt32BE(packet.timestamp, 4);
  data.writeUInt32BE(packet.ssrc, 8);
  let at = FIXED_HEADER_BYTES;
  for (const csrc of csrcs) at = data.writeUInt32BE(csrc, at);
  if (packet.extension) {
    at = data.writeUInt16BE(packet.extension.profile, at);
    // The length counts 32-bit words (RFC 3550, section 5.3.1): the data must be a multiple of four bytes.
    at = data.writeUInt16BE(packet.extension.data.length / 4, at);
    data.set(packet.extension.data, at);
  }
  data.set(packet.payload, start);
  if (paddingBytes > 0) {
    data.fill(0, start + packet.payload.length);
    data[data.length - 1] = paddingBytes;
  }
  return data;
}
