/** What one address and one token may have at once: connections, calls, and calls whose sound is not up yet. */
import type { Config } from '../config.js';
import { TooManyRequestsError } from '../errors.js';
import type { Grant } from './call-grant.js';
import { TokenBuckets } from '../token-bucket.js';

/** What a client that was cut off for flooding costs its address, in new connections. */
const FLOOD_PENALTY = 50;

/** Connections that a token may have besides those of its calls: pages connect ahead and reload. */
const SPARE_CONNECTIONS = 4;

/** One call's part of what its address and its token may have. */
export interface CallPlace {
  /** The call's sound is up: it counts as half open no more. */
  ready(): void;
  /** The call is over. Idempotent. */
  ended(): void;
}

export class CallerLimits {
  readonly #limits: Config['limits'];
  readonly #newConnections: TokenBuckets;
  readonly #connections = new Tally();
  readonly #connectionsOfToken = new Tally();
  readonly #calls = new Tally();
  readonly #halfOpen = new Tally();
  readonly #callsOfToken = new Tally();

  constructor(limits: Config['limits']) {
    this.#limits = limits;
    this.#newConnections = new TokenBuckets({
      perSecond: limits.newConnectionsPerSecond,
      burst: limits.newConnectionsBurst,
    });
  }

  /**
   * Asked before a connection is made.
   * @throws TooManyRequestsError
   */
  checkConnection(address: string, nowMs = performance.now()): void {
    const { connectionsPerAddress } = this.#limits;
    if (this.#connections.of(address) >= connectionsPerAddress) {
      throw new TooManyRequestsError(
        'connections',
        `Your address has ${connectionsPerAddress} connections already.`,
      );
    }
    if (!this.#newConnections.take(address, nowMs)) {
      throw new TooManyRequestsError('newConnections', 'Your address connects too often.');
    }
  }

  /** Counts a connection until the answer is called. Idempotent. */
  connected(address: string): () => void {
    return this.#connections.add(address);
  }

  /**
   * Counts a connection to its token until the answer is called. Idempotent.
   * @throws TooManyRequestsError
   */
  tokenConnected({ id, maxCalls }: Pick<Grant, 'id' | 'maxCalls'>): () => void {
    const limit = maxCalls + SPARE_CONNECTIONS;
    if (this.#connectionsOfToken.of(id) >= limit) {
      throw new TooManyRequestsError('connections', `Your token has ${limit} connections already.`);
    }
    return this.#connectionsOfToken.add(id);
  }

  /** A client of this address was cut off for flooding: others of it have to wait. */
  flooded(address: string, nowMs = performance.now()): void {
    this.#newConnections.drain(address, nowMs, FLOOD_PENALTY);
  }

  /**
   * Takes a call's place.
   * @throws TooManyRequestsError naming the limit.
   */
  takeCall(address: string, { id, maxCalls }: Pick<Grant, 'id' | 'maxCalls'>): CallPlace {
    const { callsPerAddress, halfOpenCallsPerAddress } = this.#limits;
    if (this.#callsOfToken.of(id) >= maxCalls) {
      throw new TooManyRequestsError('callsPerToken', `Your token has ${maxCalls} calls already.`);
    }
    if (this.#calls.of(address) >= callsPerAddress) {
      throw new TooManyRequestsError('callsPerAddress', `Your address has ${callsPerAddress} calls already.`);
    }
    if (this.#halfOpen.of(address) >= halfOpenCallsPerAddress) {
      throw new TooManyRequestsError(
        'halfOpenCalls',
        `Your address has ${halfOpenCallsPerAddress} calls already whose sound is not up yet.`,
      );
    }
    const ready = this.#halfOpen.add(address);
    const releases = [ready, this.#calls.add(address), this.#callsOfToken.add(id)];
    return { ready, ended: () => releases.forEach((release) => release()) };
  }
}

/** Counts by key. */
class Tally {
  readonly #counts = new Map<string, number>();

  of(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  /** @returns takes it off again; does so once. */
  add(key: string): () => void {
    this.#counts.set(key, this.of(key) + 1);
    let counted = true;
    return () => {
      if (!counted) return;
      counted = false;
      const left = this.of(key) - 1;
      if (left > 0) this.#counts.set(key, left);
      else this.#counts.delete(key);
    };
  }
}
