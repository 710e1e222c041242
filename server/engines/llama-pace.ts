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
const stretch = 2.2;
/** Nobody hears a gap as short as this, ms. */
const inaudibleMs = 10;
/** A batch cannot be taken back: the longest of prompts alone, ms. */
const promptMs = 80;
const leastTokens = 8;
const mostTokens = 128;
/** Before anything is known. */
const firstGuess = 32;
/**
 * Weight of the latest batch in what is known. A busy machine makes batches longer, whatever is in them, and nothing makes
 * them shorter: what is quick is believed at once, what is slow when it stays so.
 */
const weight = { quicker: 0.5, slower: 0.03 };
/** A batch that took so many times as long as expected tells of what else the machine did. */
const outlier = 3;

export class Pace {
  #stepMs: number | undefined;
  /** Of a token of a prompt, ms: among steps, and alone. */
  #besideMs: number | undefined;
  #aloneMs: number | undefined;

  /** Takes notice of a batch. */
  record({ steps, promptTokens, ms }: Batch): void {
    if (promptTokens === 0) {
      if (steps > 0) this.#stepMs = learnt(this.#stepMs, ms);
    } else if (promptTokens < leastTokens) {
      // Too few to tell what one takes.
    } else if (steps === 0) this.#aloneMs = learnt(this.#aloneMs, ms / promptTokens);
    else if (this.#stepMs !== undefined && ms > this.#stepMs)
      this.#besideMs = learnt(this.#besideMs, (ms - this.#stepMs) / promptTokens);
  }

  /** Tokens of prompts that the next batch may hold, all callers together. */
  promptTokens(replying: boolean): number {
    const tokenMs = (replying ? this.#besideMs : undefined) ?? this.#aloneMs;
    if (tokenMs === undefined) return firstGuess;
    const ms = replying ? Math.max(inaudibleMs, (stretch - 1) * (this.#stepMs ?? inaudibleMs)) : promptMs;
    return Math.max(leastTokens, Math.min(mostTokens, Math.floor(ms / tokenMs)));
  }
}

function learnt(known: number | undefined, latest: number): number {
  if (known === undefined) return latest;
  const by = latest < known ? weight.quicker : weight.slower;
  return known + by * (Math.min(latest, outlier * known) - known);
}
