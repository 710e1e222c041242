/**
 * Addresses that are shut out for a while, because connections of theirs had to be cut off again and again: whoever comes from
 * there is refused before anything is read, which costs next to nothing.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Config } from '../config.js';
import type { RefusalReason } from '../errors.js';

/** So many refused connections weigh as much as one that was cut off: refusing costs less than serving. */
const REFUSALS_A_CUT = 100;

/** Blame is forgotten after this time, ms. */
const FORGOTTEN_AFTER_MS = 60_000;

/** Addresses remembered at once; beyond it the eldest may come in again. */
const MAX_ADDRESSES = 10_000;

export class ShutOut {
  readonly #seconds: number;
  readonly #patience: number;
  /** What an address is blamed for, in refusals, since its first one; the eldest first. */
  readonly #blamed = new Map<string, { sinceMs: number; weight: number }>();
  /** Until when, by address, ms on the clock of `performance.now()`; the eldest first. */
  readonly #until = new Map<string, number>();
  readonly #count: (reason: RefusalReason, address: string, message: string) => void;

  /** @param count told of everybody who is turned away. */
  constructor(
    { shutOutAfter, shutOutSeconds }: Pick<Config['limits'], 'shutOutAfter' | 'shutOutSeconds'>,
    count: (reason: RefusalReason, address: string, message: string) => void,
  ) {
    this.#seconds = shutOutSeconds;
    this.#patience = shutOutAfter * REFUSALS_A_CUT;
    this.#count = count;
  }

  /** Addresses remembered for anything. */
  get size(): number {
    return this.#until.size + this.#blamed.size;
  }

  /** Whether an address may come in; when not, that is counted. */
  admits(address: string, nowMs = performance.now()): boolean {
    const untilMs = this.#until.get(address);
    if (untilMs === undefined) return true;
    if (nowMs < untilMs) {
      this.#count('shutOut', address, 'Connections of this address had to be cut off too often.');
      return false;
    }
    this.#until.delete(address);
    return true;
  }

  /** A connection of this address had to be cut off. */
  wasCut(address: string, nowMs = performance.now()): void {
    this.#blame(address, REFUSALS_A_CUT, nowMs);
  }

  /** A connection of this address was refused. */
  refused(address: string, nowMs = performance.now()): void {
    this.#blame(address, 1, nowMs);
  }

  #blame(address: string, weight: number, nowMs: number): void {
    if (this.#seconds === 0 || this.#until.has(address)) return;
    const before = this.#blamed.get(address);
    const fresh = before === undefined || nowMs - before.sinceMs >= FORGOTTEN_AFTER_MS;
    const blame = fresh ? { sinceMs: nowMs, weight } : { ...before, weight: before.weight + weight };
    if (fresh) this.#blamed.delete(address);
    if (blame.weight < this.#patience) {
      remember(this.#blamed, address, blame);
      return;
    }
    this.#blamed.delete(address);
    remember(this.#until, address, nowMs + this.#seconds * 1000);
  }
}

function remember<T>(map: Map<string, T>, address: string, what: T): void {
  map.set(address, what);
  if (map.size <= MAX_ADDRESSES) return;
  const [eldest] = map.keys();
  if (eldest !== undefined) map.delete(eldest);
}

/** Closes connections before anything of them is read, TLS included, where `mayConnect` says no. */
export function guardConnections(server: Server, mayConnect: (socket: Socket) => boolean): void {
  const takers = server.listeners('connection') as ((this: Server, socket: Socket) => void)[];
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    if (!mayConnect(socket)) {
      socket.resetAndDestroy();
      return;
    }
    for (const take of takers) take.call(server, socket);
  });
}
