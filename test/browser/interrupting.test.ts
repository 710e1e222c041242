/** Speaking over an answer stops it; what was not heard is struck out; the next question is answered. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { Caller } from '../helpers/browser.js';
import { ServerProcess } from '../helpers/server-process.js';
import { Speech } from '../helpers/speech.js';

/** Heard before the caller speaks over it, ms. */
const HEARD_MS = 1500;
/** The agent must be silent so long after the caller has begun to speak over it, on a machine that does much else. */
const STOPS_WITHIN_MS = 1500;

describe('a caller who speaks over the answer', () => {
  let server: ServerProcess;
  let speech: Speech;
  let caller: Caller;

  beforeAll(async () => {
    [server, speech] = await Promise.all([ServerProcess.start(), Speech.start()]);
    caller = await Caller.open({ url: server.url });
    await caller.startCall();
  }, 120_000);
  afterAll(async () => {
    await caller.close();
    await Promise.all([server.stop(), speech.close()]);
  }, 60_000);

  it('silences it, sees where it was cut, and is answered', async () => {
    const question = await speech.speak('what is the capital of italy');
    await caller.type('Tell me a long story.');
    const beganAtMs = await caller.voiceAfter(0);
    await caller.page.waitForFunction((until) => performance.now() > until, beganAtMs + HEARD_MS);

    const { startedAtMs, endedAtMs } = await caller.speak(question);
    const stoppedAtMs = await caller.silenceAfter(startedAtMs, 200);
    const answer = await caller.answer(2);

    const [story] = await caller.answers();
    console.log(
      `The voice stopped ${Math.round(stoppedAtMs - startedAtMs)} ms after the caller began.\n` +
        `Heard: ${story?.text.slice(0, -(story.unheard.length || Infinity))}\nNot heard: ${story?.unheard}`,
    );
    expect(stoppedAtMs - startedAtMs).toBeLessThan(STOPS_WITHIN_MS);
    expect(story?.unheard).not.toBe('');
    expect(story?.unheard.length).toBeLessThan(story?.text.length ?? 0);
    expect(answer.text).toMatch(/rome/i);
    expect(await caller.voiceAfter(endedAtMs)).toBeGreaterThan(stoppedAtMs);
    expect(caller.errors).toEqual([]);
  }, 90_000);
});
