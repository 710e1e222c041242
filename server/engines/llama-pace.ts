/**
 * How many tokens of prompts go into a batch: so few that whoever is being answered hardly waits, so few that an abort takes
 * effect at once, and so many as that allows. Learns from how long batches take on this machine with this model. Pure.
 */

/** What a batch held and how long it took. */
export interface Batch {
  /** Answers that went on by a token. */
  steps: number;
  promptTokens: number;
  ms: number;
}

/** Prompts may make a batch so many times as long as one of steps alone; the gap that is heard stays below three. */
const stretch = 2.5;
/** A batch cannot be taken back: the longest one that prompts may make, ms ... */
const longestMs = 80;
/** ... unless steps alone take nearly as long: prompts have to get on as well. */
const leastStretch = 1.8;
/** Nobody hears a gap that is longer by so much, ms. */
const inaudibleMs = 10;

/** Of prompts alone: fewer tokens are slower each, more gain nothing. */
const leastAlone = 8;
const mostAlone = 128;
/** Before anything is known. */
const firstGuess = 32;
/** Kernels for processors take so many tokens at once; what is over is slower each. */
const kernelTokens = 4;

/**
 * Numbers of tokens, beside a single one, that are tried beside steps. What a batch takes is no straight line: the second token may cost as much
 * as a whole step, four as much as three. Hence each number is timed by itself.
 */
const amounts = [2, 3, 4, 5, 6, 8, 9, 12, 16, 17, 24, 32, 48, 64, 96, 128];

/**
 * Weight of the latest batch in what is known. A busy machine makes batches longer, whatever is in them, and nothing makes
 * them shorter: what is quick is believed at once, what is slow when it stays so.
 */
const weight = { quicker: 0.5, slower: 0.1 };
/** A batch that took so many times as long as expected tells of what else the machine did. */
const outlier = 3;
/** An amount that took too long is tried again after so many batches. */
const memoryBatches = 500;
/** Steps beside prompts, until one without is wanted: what a step takes changes with the machine's other work. */
const batchesPerStep = 16;

/** What is known of batches with a certain number of steps. */
interface Known {
  /** Of such a batch without prompts, ms. */
  stepMs: number | undefined;
  /** Of one with so many tokens of prompts. */
  beside: Map<number, { ms: number; seen: number; latest: number }>;
}

export class Pace {
  readonly #known = new Map<number, Known>();
  /** Of a token of a prompt among prompts, ms. */
  #aloneMs: number | undefined;
  #batches = 0;
  #sinceStep = 0;

  /** Takes notice of a batch. */
  record({ steps, promptTokens, ms }: Batch): void {
    this.#batches++;
    if (steps === 0) {
      // Too few tell nothing of what one takes among many.
      if (promptTokens >= leastAlone) this.#aloneMs = learnt(this.#aloneMs, ms / promptTokens);
      return;
    }
    const known = this.#of(steps);
    if (promptTokens === 0) {
      this.#sinceStep = 0;
      known.stepMs = learnt(known.stepMs, ms);
      return;
    }
    this.#sinceStep++;
    const before = known.beside.get(promptTokens);
    known.beside.set(promptTokens, {
      ms: learnt(before?.ms, ms),
      seen: (before?.seen ?? 0) + 1,
      latest: this.#batches,
    });
  }

  /** Whether the next batch should be one of steps alone, to see what it takes. */
  get wantsStep(): boolean {
    return this.#sinceStep >= batchesPerStep;
  }

  /**
   * Tokens of prompts that the next batch may hold, all callers together.
   * @param steps answers that go on in it.
   */
  promptTokens(steps: number): number {
    if (steps > 0) return this.#besideSteps(steps);
    if (this.#aloneMs === undefined) return firstGuess;
    const tokens = Math.floor(longestMs / this.#aloneMs / kernelTokens) * kernelTokens;
    return Math.max(leastAlone, Math.min(mostAlone, tokens));
  }

  /** The most that is known to be quick enough, or the next more that promises to be. */
  #besideSteps(steps: number): number {
    const { beside } = this.#of(steps);
    const stepMs = this.#stepMs(steps);
    const one = beside.get(1);
    // The least that gets on at all.
    if (stepMs === undefined || one === undefined) return 1;
    const limitMs = Math.max(
      Math.min(stretch * stepMs, longestMs),
      leastStretch * stepMs,
      stepMs + inaudibleMs,
    );
    const tokenMs = this.#aloneMs ?? Math.max(0, one.ms - stepMs);
    let best = { tokens: 1, ms: one.ms };
    for (const tokens of amounts) {
      const timed = beside.get(tokens);
      if (timed !== undefined && timed.ms <= limitMs) best = { tokens, ms: timed.ms };
      // Too long, and not by chance.
      else if (timed !== undefined && timed.seen > 1 && this.#batches - timed.latest < memoryBatches)
        continue;
      else if (best.ms + (tokens - best.tokens) * tokenMs <= limitMs) return tokens;
    }
    return best.tokens;
  }

  #of(steps: number): Known {
    const known = this.#known.get(steps) ?? { stepMs: undefined, beside: new Map() };
    this.#known.set(steps, known);
    return known;
  }

  /** Of fewer steps, when so many have never been alone: they are no slower. */
  #stepMs(steps: number): number | undefined {
    for (let fewer = steps; fewer > 0; fewer--) {
      const ms = this.#known.get(fewer)?.stepMs;
      if (ms !== undefined) return ms;
    }
    return undefined;
  }
}

function learnt(known: number | undefined, latest: number): number {
  if (known === undefined) return latest;
  const by = latest < known ? weight.quicker : weight.slower;
  return known + by * (Math.min(latest, outlier * known) - known);
}
