/** A good call beside an attack: asks one question after the other, and measures what its caller would notice. */
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '../../server/media/media-types.js';
import type { OpusClip } from '../callers/opus-clip.js';
import { WebRtcCaller } from '../callers/web-rtc-caller.js';
import type { ServerProcess } from '../helpers/server-process.js';

const PROBE_EVERY_MS = 100;
const WATCH_EVERY_MS = 1000;

/** What the caller of a good call noticed in a stretch of time; times in milliseconds. */
export interface Noticed {
  turns: number;
  /** From the last voiced sample to the first audible one, by the server's clock. */
  voiceToVoice: number[];
  /** Round trips of a message. */
  roundTrips: number[];
  /** p99 of the pacer's lateness, second by second. */
  pacerLateness: number[];
  /** Frames of the voice that were lost or skipped. */
  framesMissing: number;
  frames: number;
}

export class GoodCall {
  readonly #server: ServerProcess;
  readonly #caller: WebRtcCaller;
  readonly #clip: OpusClip;

  static async start(server: ServerProcess, clip: OpusClip): Promise<GoodCall> {
    return new GoodCall(server, await WebRtcCaller.call(server.url), clip);
  }

  private constructor(server: ServerProcess, caller: WebRtcCaller, clip: OpusClip) {
    this.#server = server;
    this.#caller = caller;
    this.#clip = clip;
  }

  get caller(): WebRtcCaller {
    return this.#caller;
  }

  /** Talks until `until` settles, one turn at least. @throws when the call ends or a question has no answer. */
  async talk(until: Promise<unknown>): Promise<Noticed> {
    let over = false;
    const ended = until.finally(() => (over = true));
    const going = () => !over;
    const noticed: Noticed = {
      turns: 0,
      voiceToVoice: [],
      roundTrips: [],
      pacerLateness: [],
      framesMissing: 0,
      frames: 0,
    };
    const before = this.#caller.quality;
    await Promise.all([
      this.#converse(going, noticed),
      this.#probe(going, noticed),
      this.#watch(going, noticed),
      ended,
    ]);
    const after = this.#caller.quality;
    noticed.frames = after.packets - before.packets;
    noticed.framesMissing = after.lost + after.skipped - before.lost - before.skipped;
    return noticed;
  }

  leave(): Promise<void> {
    return this.#caller.leave(this.#caller.ended ? 'disconnect' : 'end');
  }

  async #converse(going: () => boolean, noticed: Noticed): Promise<void> {
    do {
      await this.#caller.speak(this.#clip);
      const { text, latency } = await this.#caller.waitForAnswer(60_000);
      if (text === '' || /something went wrong/.test(text)) throw new Error(`The good call got "${text}".`);
      noticed.turns++;
      if (latency) noticed.voiceToVoice.push(latency.voiceToVoiceMs);
    } while (going());
  }

  async #probe(going: () => boolean, noticed: Noticed): Promise<void> {
    while (going()) {
      const askedAtMs = monotonicMs();
      const report = { jitterBufferMs: 20, roundTripMs: 1, outputMs: 1 };
      await this.#caller.signalling.request('reportPlayout', report);
      noticed.roundTrips.push(monotonicMs() - askedAtMs);
      await sleep(PROBE_EVERY_MS);
    }
  }

  async #watch(going: () => boolean, noticed: Noticed): Promise<void> {
    while (going()) {
      await sleep(WATCH_EVERY_MS);
      const seconds = (await this.#server.metrics()).get('parley_pacer_lateness_p99_seconds') ?? 0;
      if (seconds > 0) noticed.pacerLateness.push(seconds * 1000);
    }
  }
}
