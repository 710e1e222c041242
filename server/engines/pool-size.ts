/** How many workers an engine needs, from how quick it is and how many callers there may be. Pure. */

/** Share of the time in which a caller speaks, and in which the agent speaks to one. */
export const TALK_SHARE = 1 / 3;

/** Workers are busy for this part of the time at most: beyond it queues grow long. */
const MOST_BUSY = 0.5;

/** How seldom more callers than planned for may speak at the same moment. */
const EXCESS = 0.005;

/**
 * Workers for so many callers.
 * @param callers most calls at once.
 * @param realTimeFactor measured: working time for a second of speech, seconds.
 * @param cores processor cores that there are.
 */
export function workersFor(callers: number, realTimeFactor: number, cores: number): number {
  const needed = Math.ceil((callers * TALK_SHARE * realTimeFactor) / MOST_BUSY);
  return Math.max(1, Math.min(cores, needed));
}

/** Callers who speak at the same moment: more than these do so only half a percent of the time (binomial distribution). */
export function speakersAtOnce(callers: number): number {
  let probability = (1 - TALK_SHARE) ** callers;
  let upTo = probability;
  let speakers = 0;
  while (upTo < 1 - EXCESS && speakers < callers) {
    speakers++;
    probability *= ((callers - speakers + 1) / speakers) * (TALK_SHARE / (1 - TALK_SHARE));
    upTo += probability;
  }
  return Math.max(1, speakers);
}
