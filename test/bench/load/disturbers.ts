/** Somebody who makes trouble while the others talk: they must not notice. */
import { setTimeout as sleep } from 'node:timers/promises';

import { monotonicMs } from '../../../server/media/media-types.js';
import { speechClip } from '../../callers/caller-speech.js';
import { RefusedError, SignallingClient } from '../../callers/signalling-client.js';
import { WebRtcCaller } from '../../callers/web-rtc-caller.js';
import { quantiles } from '../../helpers/quantiles.js';

export interface Disturber {
  /** Calls that it holds. */
  places: number;
  /** Makes trouble until the signal aborts. @returns what came of it, in a sentence. */
  disturb(url: string, signal: AbortSignal): Promise<string>;
}

const silentCallers = 8;

/** Callers for whom there is no place, one a second. */
const overCap: Disturber = {
  places: 0,
  async disturb(url, signal) {
    const waits: number[] = [];
    while (!signal.aborted) {
      const signalling = await SignallingClient.connect(url);
      const askedAtMs = monotonicMs();
      try {
        await signalling.request('startCall', {});
        throw new Error('A caller over the cap was let in.');
      } catch (error) {
        if (!(error instanceof RefusedError) || error.code !== 'serverFull') throw error;
        waits.push(monotonicMs() - askedAtMs);
      } finally {
        signalling.close();
      }
      await sleep(1000, undefined, { signal }).catch(() => undefined);
    }
    const { p50, max } = quantiles(waits);
    return `${waits.length} callers over the cap were refused after ${p50.toFixed(1)} ms (median), ${max.toFixed(1)} ms at most`;
  },
};

/** Somebody who talks and talks, with the pauses of speech only, over every answer. */
const talker: Disturber = {
  places: 1,
  async disturb(url, signal) {
    const clip = await speechClip(
      'And then I went to the market and bought some bread, and there I met my brother, who told me that he would ' +
        'go on a long journey, because his work had come to an end, and I said that I would like to come along.',
    );
    const caller = await WebRtcCaller.call(url);
    let seconds = 0;
    while (!signal.aborted && caller.ended === undefined) {
      await caller.speak(clip);
      seconds += clip.packets.length * 0.02;
    }
    await caller.leave();
    return `a talker spoke for ${Math.round(seconds)} s without an end`;
  },
};

/** Callers whose microphones are on and who say nothing. */
const silent: Disturber = {
  places: silentCallers,
  async disturb(url, signal) {
    const callers = await Promise.all(Array.from({ length: silentCallers }, () => WebRtcCaller.call(url)));
    await new Promise((resolve) => {
      signal.addEventListener('abort', resolve, { once: true });
    });
    const ended = callers.flatMap((caller) => caller.ended?.reason ?? []);
    await Promise.all(callers.map((caller) => caller.leave()));
    if (ended.length > 0) throw new Error(`Silent calls were ended: ${ended.join(', ')}.`);
    return `${silentCallers} further callers said nothing`;
  },
};

export const disturbers = { 'over-cap': overCap, talker, silent };
export type Disturbance = keyof typeof disturbers;
