/** What an Opus packet says about itself in its first bytes (RFC 6716, section 3.1). */

/** Ticks of the RTP clock of Opus per millisecond (RFC 7587, section 4.1). */
export const TICKS_PER_MS = 48;

const MAX_PACKET_TICKS = 120 * TICKS_PER_MS;
const SILK_FRAME_MS = [10, 20, 40, 60];
const HYBRID_FRAME_MS = [10, 20];
const CELT_FRAME_MS = [2.5, 5, 10, 20];

/** Length of one frame of a packet with this table-of-contents byte, in ticks of 1/48,000 s. */
export function opusFrameTicks(toc: number): number {
  const configuration = toc >> 3;
  const ms =
    configuration < 12
      ? SILK_FRAME_MS[configuration & 3]
      : configuration < 16
        ? HYBRID_FRAME_MS[configuration & 1]
        : CELT_FRAME_MS[configuration & 3];
  return (ms ?? 20) * TICKS_PER_MS;
}

/** Length of a packet's sound in ticks of 1/48,000 s, or `undefined` for what no decoder will take. */
export function opusPacketTicks(payload: Uint8Array): number | undefined {
  const toc = payload[0];
  if (toc === undefined) return undefined;
  const code = toc & 3;
  const frames = code === 0 ? 1 : code < 3 ? 2 : (payload[1] ?? 0) & 0x3f;
  const ticks = frames * opusFrameTicks(toc);
  return ticks > 0 && ticks <= MAX_PACKET_TICKS ? ticks : undefined;
}
