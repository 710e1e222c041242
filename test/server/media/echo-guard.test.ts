import { beforeAll, describe, expect, it } from 'vitest';
import { EchoGuard } from '../../../server/media/echo-guard.js';
import { Random } from '../../helpers/random.js';
import { Sounds } from '../../bench/conversation/sounds.js';

const RATE_HZ = 16_000;
const PER_MS = RATE_HZ / 1000;

let agent: Int16Array;
let caller: Int16Array;

beforeAll(async () => {
  const sounds = await Sounds.start();
  const story =
    'Once upon a time there was a fox who lived in the woods. One day it met a bear, and the bear was hungry.';
  agent = (await sounds.speak(story, 'slt')).samples;
  caller = (await sounds.speak('Stop, how much is seven plus eight?', 'rms')).samples;
  await sounds.close();
}, 60_000);

/** The microphone of a room with a loudspeaker, and when the caller speaks, ms. */
interface Room {
  gain: number;
  delayMs: number;
  callerAtMs?: number;
}

/** What the guard takes each window of 32 ms for, with its loudness. */
function listen({ gain, delayMs, callerAtMs }: Room): { atMs: number; echo: boolean; loud: boolean }[] {
  const random = new Random(5);
  const guard = new EchoGuard(RATE_HZ);
  const heard: { atMs: number; echo: boolean; loud: boolean }[] = [];
  let sentMs = 0;
  for (let window = 0; window * 512 < agent.length + RATE_HZ / 2; window++) {
    const endMs = (window + 1) * 32;
    for (; sentMs + 20 <= endMs; sentMs += 20)
      guard.send(frame(agent, sentMs * PER_MS, 20 * PER_MS), 50_000 + sentMs);
    const samples = frame(agent, window * 512 - delayMs * PER_MS, 512).map((sample, at) => {
      const own = callerAtMs === undefined ? 0 : (caller[window * 512 + at - callerAtMs * PER_MS] ?? 0);
      return sample * gain + own + (random.next() - 0.5) * 16;
    });
    const loud = samples.some((sample) => Math.abs(sample) > 300);
    // Packets come when they come.
    heard.push({ atMs: endMs - 32, echo: guard.isEcho(samples, 50_000 + endMs + random.next() * 8), loud });
  }
  return heard;
}

function frame(sound: Int16Array, from: number, length: number): Int16Array {
  return Int16Array.from({ length }, (_, at) => sound[from + at] ?? 0);
}

describe('the echo guard', () => {
  it.each([
    { gain: 0.1, delayMs: 60 },
    { gain: 0.3, delayMs: 220 },
    { gain: 0.8, delayMs: 400 },
  ])("knows the agent's voice at $gain of its loudness after $delayMs ms", (room) => {
    const taken = listen(room).filter(({ loud, echo }) => loud && !echo);
    expect(taken).toEqual([]);
  });

  it.each([
    { gain: 0, delayMs: 0, callerAtMs: 2000 },
    { gain: 0.1, delayMs: 60, callerAtMs: 2000 },
    { gain: 0.5, delayMs: 220, callerAtMs: 2000 },
  ])("hears the caller over the agent's voice at $gain", (room) => {
    const voice = listen(room).filter(({ atMs, echo }) => !echo && atMs >= 1900);
    expect(voice[0]?.atMs).toBeLessThan(2200);
    // A fifth of a second of it, and soon, is what it takes to let the agent pause.
    expect(voice.filter(({ atMs }) => atMs < 2600).length).toBeGreaterThanOrEqual(6);
  });

  it('hears a caller when the agent says nothing, from the first window', () => {
    const guard = new EchoGuard(RATE_HZ);
    for (let at = 0; at + 512 <= caller.length; at += 512)
      expect(guard.isEcho(frame(caller, at, 512), 50_000 + at / PER_MS)).toBe(false);
  });
});
