/** Whatever callers do, in whatever order: one answer to a turn, no draft heard, nobody left in silence. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Random } from '../../helpers/random.js';
import { SessionOnFakes } from '../../helpers/session-on-fakes.js';
import { until } from '../../helpers/until.js';

const words = [
  'hello',
  'my name is',
  'anna',
  'stop',
  'mhm',
  'yeah',
  '',
  'tell me a story',
  'what time is it',
] as const;

function session(random: Random): SessionOnFakes {
  const utterances = Array.from({ length: 400 }, () => ({
    words: random.pick(words),
    delayMs: random.int(0, 3) === 0 ? random.int(0, 20) : 0,
  }));
  const call = new SessionOnFakes(
    (history) => `You said ${history.at(-1)?.text}. And that is all there is to say.`,
    utterances,
  );
  call.model.firstTokenMs = random.int(0, 5);
  call.synthesizer.options.firstChunkDelayMs = random.int(0, 5);
  return call.connect();
}

/** Segments begun never outnumber the turns that were over before. */
function watch(call: SessionOnFakes): void {
  const { media } = call;
  const play = media.play.bind(media);
  const begun = new Set<number>();
  media.play = (segmentId, samples, last) => {
    if (!begun.has(segmentId)) {
      begun.add(segmentId);
      const over = call.updates.filter((update) => update.speaker === 'caller' && update.final).length;
      expect(begun.size, 'answers heard').toBeLessThanOrEqual(over);
    }
    play(segmentId, samples, last);
  };
}

async function disturb(call: SessionOnFakes, random: Random): Promise<void> {
  switch (random.int(0, 9)) {
    case 0:
    case 1:
    case 2:
      return call.media.hear(true, random.int(1, 40) * 32);
    case 3:
    case 4:
    case 5:
      return call.media.hear(false, random.int(1, 45) * 32);
    case 6:
    case 7:
      return call.media.advance(random.int(1, 20_000));
    case 8:
      return call.session.say('typed');
    default:
      await sleep(random.int(0, 12));
  }
}

/** The caller says no more and listens to what comes. */
async function listenToTheEnd(call: SessionOnFakes): Promise<void> {
  // Longer than any pause within a turn.
  call.media.hear(false, 2000);
  await until('the agent has nothing more to say', async () => {
    call.media.hear(false, 320);
    await sleep(1);
    call.media.advance();
    const state = call.states.at(-1);
    return (state === 'listening' || state === 'ready') && call.media.waiting === 0;
  });
}

describe('a session under random callers', () => {
  it.each(Array.from({ length: 60 }, (_, index) => index + 1))('holds with seed %i', async (seed) => {
    const random = new Random(seed);
    const call = session(random);
    watch(call);
    try {
      for (let step = 0; step < 40; step++) await disturb(call, random);
      await listenToTheEnd(call);

      // It still listens and answers.
      call.session.say('are you there');
      const answer = await until('the last words are answered', () =>
        call.model.replies.find((reply) => reply.history.at(-1)?.text.includes('are you there') === true),
      );
      await listenToTheEnd(call);
      expect(answer.outcome).toBe('finished');
      const roles = answer.history.map((message) => message.role).join(' ');
      expect(roles).not.toContain('user user');

      // What the page shows of a turn that is over does not change any more.
      const final = new Map<string, string>();
      for (const { speaker, turnId, text, final: isFinal } of call.updates) {
        const key = `${speaker} ${turnId}`;
        if (speaker === 'agent') expect(final.has(key), `${key} changed after its end`).toBe(false);
        if (isFinal) final.set(key, text);
      }
      expect(call.model.replies.filter((reply) => reply.outcome === 'running')).toEqual([]);
    } finally {
      await call.session.close('callerLeft', 'test over');
    }
    expect(call.model.free).toBe(call.model.sequences);
    expect(call.recognizer.handles.size).toBe(0);
    await until('synthesis has stopped', () => call.synthesizer.speaking === 0);
  });
});
