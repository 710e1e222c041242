/** Two people call at the same moment: neither notices the other. */
import { availableParallelism, loadavg } from 'node:os';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { Caller } from '../helpers/browser.js';
import { ServerProcess } from '../helpers/server-process.js';
import { Speech } from '../helpers/speech.js';

interface Person {
  name: string;
  clips: Int16Array[];
}

interface Call {
  /** The caller's own words, as the page shows them. */
  said: string[];
  answers: string[];
  /** From the end of each sentence to the first sound of its answer, as the browser heard it, ms. */
  delaysMs: number[];
}

const SENTENCES = [
  'good morning my name is NAME',
  'what is the capital of france',
  'what is the capital of italy',
  'what is my name',
];

/** How much longer a caller may wait because of another one, on a machine that has processors free for both. */
const MOST_TIMES_LONGER = 1.5;
/** ... and on one whose processors are wanted by many others, where only waiting in line for each other would show. */
const MOST_TIMES_LONGER_WHEN_BUSY = 3;
const BUSY_LOAD = 2 * availableParallelism();

describe('two callers at once', () => {
  let server: ServerProcess;
  let speech: Speech;
  let david: Person;
  let martin: Person;

  beforeAll(async () => {
    [server, speech] = await Promise.all([ServerProcess.start(), Speech.start()]);
    const person = async (name: string, voice: string): Promise<Person> => ({
      name,
      clips: await Promise.all(
        SENTENCES.map((sentence) => speech.speak(sentence.replace('NAME', name), voice)),
      ),
    });
    david = await person('david', 'rms');
    martin = await person('martin', 'awb');
  }, 120_000);
  afterAll(async () => {
    await Promise.all([server.stop(), speech.close()]);
  }, 60_000);

  /** The people call, and say each of their sentences at the same moment. */
  async function call(...people: Person[]): Promise<Call[]> {
    // In life their browsers run on machines of their own; here they should at least not draw what nobody sees.
    const context = { reducedMotion: 'reduce', viewport: { width: 400, height: 400 } } as const;
    const callers = await Promise.all(people.map(() => Caller.open({ url: server.url, context })));
    const calls = people.map((): Call => ({ said: [], answers: [], delaysMs: [] }));
    const say = async (caller: Caller, clip: Int16Array, turn: number, { answers, delaysMs }: Call) => {
      const { endedAtMs } = await caller.speak(clip);
      delaysMs.push((await caller.voiceAfter(endedAtMs)) - endedAtMs);
      answers.push((await caller.answer(turn)).text);
    };
    try {
      await Promise.all(callers.map((caller) => caller.startCall()));
      for (let turn = 0; turn < SENTENCES.length; turn++) {
        await Promise.all(
          zip(callers, people, calls).map(([caller, { clips }, own]) =>
            say(caller, clips[turn] ?? new Int16Array(), turn + 1, own),
          ),
        );
      }
      for (const [caller, , own] of zip(callers, people, calls)) own.said.push(...(await caller.said()));
      return calls;
    } finally {
      await Promise.all(callers.map((caller) => caller.close()));
    }
  }

  it('each hears its own name, never the other one, and waits little longer than alone', async () => {
    const people = [david, martin];
    let slowest = Infinity;
    const [load = 0] = loadavg();
    const limit = load > BUSY_LOAD ? MOST_TIMES_LONGER_WHEN_BUSY : MOST_TIMES_LONGER;
    console.log(`Load of the machine: ${load.toFixed(1)}. At most ${limit} times as long as alone is right.`);
    // What else the machine does counts too: it slows a caller down, or tears a name apart. One time of two must be good.
    for (let attempt = 1; attempt <= 2 && slowest > limit; attempt++) {
      const alone = [...(await call(david)), ...(await call(martin))];
      const together = await call(...people);
      slowest = 0;
      for (const [{ name }, lonely, { said, answers, delaysMs }] of zip(people, alone, together)) {
        const times = median(delaysMs) / median(lonely.delaysMs);
        const knowsName = names(answers.at(-1) ?? '', name);
        slowest = Math.max(slowest, knowsName ? times : Infinity);
        console.log(
          `${name} waited ${listed(delaysMs)} ms beside another caller, ${listed(lonely.delaysMs)} ms alone: ` +
            `${times.toFixed(2)} times.\nSaid: ${said.join(' / ')}\nHeard: ${answers.join(' / ')}`,
        );
        for (const other of people.filter((person) => person.name !== name))
          expect(names([...said, ...answers].join(' '), other.name), `${name} is told ${other.name}`).toBe(
            false,
          );
      }
    }
    expect(slowest).toBeLessThanOrEqual(limit);
  }, 400_000);
});

function names(text: string, name: string): boolean {
  return new RegExp(`\\b${name}\\b`, 'i').test(text);
}

function zip<A, B, C>(as: A[], bs: B[], cs: C[]): [A, B, C][] {
  return as.map((a, index) => [a, bs[index] as B, cs[index] as C]);
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle)] ?? NaN)) / 2;
}

function listed(values: number[]): string {
  return values.map((value) => Math.round(value)).join(', ');
}
