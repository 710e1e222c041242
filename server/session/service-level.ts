/**
 * How well callers are served, from what the server measures of itself, and what is given up when it is not well
 * enough. The ladder: partial words first, then the answers of drafts, then clauses ahead of the one being spoken. Final
 * words, first clauses, and the question whether a turn is over are never given up.
 */
import { monotonicMs } from '../media/media-types.js';

export interface ServiceLevelOptions {
  /** Voice-to-voice time that 95 of 100 answers must not exceed, ms. 0: no target, nothing is ever given up or refused. */
  targetMs: number;
  /** How long the oldest request of any engine has waited, ms. */
  queueAgeMs(): number;
}

/** What may be done at this moment besides what callers wait for. */
export interface SpareWork {
  /** Words are shown while they are spoken. */
  partials: boolean;
  /** Answers are begun before the turn is surely over. */
  drafts: boolean;
  /** Clauses that may be ready or playing when the next one is begun. */
  clausesAhead: number;
}

/** Answers of the last so many ms count. */
const WINDOW_MS = 30_000;
/** Fewer answers in the window say nothing. */
const FEWEST_ANSWERS = 10;
/** A request may wait for this part of the target before an engine counts as overloaded. */
const QUEUE_SHARE = 0.5;
/** Pressure (1: at the target) from which each step of the ladder is taken. New callers are refused at 1. */
const steps = { partials: 0.9, admission: 1, drafts: 1.1, clausesAhead: 1.25 } as const;
const usualClausesAhead = 2;
const fewestClausesAhead = 1;

export class ServiceLevel {
  readonly #options: ServiceLevelOptions;
  readonly #now: () => number;
  readonly #answers: { atMs: number; voiceToVoiceMs: number }[] = [];

  constructor(options: ServiceLevelOptions, now: () => number = monotonicMs) {
    this.#options = options;
    this.#now = now;
  }

  /** Takes the time of an answer. */
  answered(voiceToVoiceMs: number): void {
    this.#answers.push({ atMs: this.#now(), voiceToVoiceMs });
    this.#forget();
  }

  /** 95 of 100 answers of the last half minute took no longer, ms; `undefined` when there were too few. */
  get p95Ms(): number | undefined {
    this.#forget();
    if (this.#answers.length < FEWEST_ANSWERS) return undefined;
    const sorted = this.#answers
      .map(({ voiceToVoiceMs }) => voiceToVoiceMs)
      .sort((one, other) => one - other);
    return sorted[Math.ceil(0.95 * sorted.length) - 1];
  }

  /** 1: answers take as long, or requests wait as long, as they may at most. 0 without a target. */
  get pressure(): number {
    const { targetMs } = this.#options;
    if (targetMs === 0) return 0;
    const queue = this.#options.queueAgeMs() / (targetMs * QUEUE_SHARE);
    return Math.max((this.p95Ms ?? 0) / targetMs, queue);
  }

  /** Why nobody new is to be let in, in a sentence; `undefined` when all is well. */
  get refusal(): string | undefined {
    if (this.pressure < steps.admission) return undefined;
    return 'The server has as many callers as it can serve well.';
  }

  get spareWork(): SpareWork {
    const { pressure } = this;
    return {
      partials: pressure < steps.partials,
      drafts: pressure < steps.drafts,
      clausesAhead: pressure < steps.clausesAhead ? usualClausesAhead : fewestClausesAhead,
    };
  }

  #forget(): void {
    const since = this.#now() - WINDOW_MS;
    while ((this.#answers[0]?.atMs ?? Infinity) < since) this.#answers.shift();
  }
}
