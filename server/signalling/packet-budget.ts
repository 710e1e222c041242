/**
 * What one socket may send, counted before anything is parsed: a little too much is answered with an error, much too
 * much ends the connection.
 */
import type { Config } from '../config.js';
import { TokenBucket } from '../token-bucket.js';

/** Beyond so many times the limit nothing is answered any more. */
const HARD_FACTOR = 2;

export class PacketBudget {
  readonly #messages: TokenBucket;
  readonly #packets: TokenBucket;
  readonly #bytes: TokenBucket;

  constructor(limits: Config['limits'], nowMs: number) {
    const { messagesPerSecond, messagesBurst, bytesPerSecond, bytesBurst } = limits;
    this.#messages = new TokenBucket({ perSecond: messagesPerSecond, burst: messagesBurst }, nowMs);
    this.#packets = new TokenBucket(
      { perSecond: HARD_FACTOR * messagesPerSecond, burst: HARD_FACTOR * messagesBurst },
      nowMs,
    );
    this.#bytes = new TokenBucket({ perSecond: bytesPerSecond, burst: bytesBurst }, nowMs);
  }

  /** Whether a message may be handled. */
  takeMessage(nowMs: number): boolean {
    return this.#messages.take(nowMs);
  }

  /** Whether a packet may come in at all; when not, the connection is to be ended. */
  takePacket(bytes: number, nowMs: number): boolean {
    return this.#packets.take(nowMs) && this.#bytes.take(nowMs, bytes);
  }
}
