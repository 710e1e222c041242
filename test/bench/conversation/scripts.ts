/** The calls of the bench: drawn from lists, the same ones in every run. */
import { Random } from '../../helpers/random.js';
import type { Piece, Room, ScriptedCall, ScriptedTurn } from './script.js';

type NonEmpty<T> = readonly [T, ...T[]];

/** Whole sentences that the built-in model answers in a few words. */
const whole: NonEmpty<string> = [
  'Hello, my name is Anna.',
  'What is my name?',
  'How are you today?',
  'How much is seven plus eight?',
  'What time is it?',
  'What is the capital of France?',
  'My favorite color is green.',
  'What is my favorite color?',
  'Who are you?',
  'Thank you very much.',
  'What day is it today?',
  'I feel tired today.',
  'How many days are in a week?',
  'I live in London.',
  'Where do I live?',
  'How much is nine minus four?',
  'I am very happy today.',
  'What is the opposite of hot?',
  'Good morning.',
  'Can you help me?',
  'I had a long day at work.',
  'What color is the sky?',
];

/** Sentences with a place at which people stop to think. */
const parted: NonEmpty<readonly [string, string]> = [
  ['My name is', 'Anna.'],
  ['How much is', 'seven plus eight?'],
  ['What is the capital of', 'France?'],
  ['I would like to know', 'what time it is.'],
  ['My favorite color is', 'green.'],
  ['Can you tell me', 'what day it is?'],
  ['I live in', 'London.'],
  ['How much is seven plus', 'twelve?'],
  ['I want you to', 'tell me a joke.'],
  ['Do you know the', 'capital of Germany?'],
];

/** Sentences that break off. */
const brokenOff: NonEmpty<string> = [
  'My name is',
  'How much is seven plus',
  'What is the capital of',
  'I would like to',
  'My favorite color is',
  'Can you tell me',
  'I want you to',
];

/** Said over the agent's voice to take the turn. */
const interruptions: NonEmpty<string> = [
  'Stop, what time is it?',
  'Wait, what is your name?',
  'Please stop talking now.',
  'Thank you, that is enough.',
  'No, tell me a joke.',
  'Hold on, how much is seven plus eight?',
  'I have another question.',
];

/** Said by those who listen. */
const listeners: NonEmpty<string> = ['Um hum.', 'Uh huh.', 'Yeah.', 'Okay.', 'Right.', 'I see.', 'Yes.'];
const noises: NonEmpty<'cough' | 'knock' | 'rustle'> = ['cough', 'knock', 'rustle'];

const longAnswers: NonEmpty<string> = ['Tell me a long story.', 'Please tell me a long story.'];

/** Pauses inside a sentence, ms. */
const thinking = [300, 400, 500, 600, 700] as const;

const rooms: NonEmpty<Room> = [{ noise: 8 }, { noise: 60 }];
const echoingRooms: NonEmpty<Room> = [
  { noise: 8, echo: { gain: 0.15, delayMs: 140 } },
  { noise: 20, echo: { gain: 0.3, delayMs: 220 } },
  { noise: 8, echo: { gain: 0.5, delayMs: 90 } },
];

/**
 * @param turns at least so many in all; the last call may bring a few more.
 * @param recordings speech of people, each one turn; used as far as there is any.
 */
export function scriptedCalls(turns: number, recordings: readonly Int16Array[]): ScriptedCall[] {
  const draw = new Draw(recordings);
  const calls: ScriptedCall[] = [];
  let made = 0;
  while (made < turns) {
    const call = calls.length % 2 === 0 ? draw.chat(calls.length) : draw.story(calls.length);
    calls.push(call);
    made += call.turns.length;
  }
  return calls;
}

class Draw {
  readonly #random = new Random(4);
  readonly #recordings: Int16Array[];
  readonly #taken = new Map<unknown, number>();

  constructor(recordings: readonly Int16Array[]) {
    this.#recordings = [...recordings];
  }

  /** Sentences one after the other. */
  chat(index: number): ScriptedCall {
    const turns: ScriptedTurn[] = [];
    for (let group = 0; group < 3; group++) {
      turns.push(this.#complete(), this.#complete(), this.#paused(), this.#complete());
    }
    turns.push({ kind: 'unfinished', pieces: [{ say: this.#next(brokenOff) }] });
    const recording = this.#recordings.shift();
    if (recording) turns.push({ kind: 'person', pieces: [{ recording }] });
    return { voice: voiceOf(index), room: this.#next(rooms), turns };
  }

  /** A long answer, three times, with sounds over it; every second such call has a loudspeaker. */
  story(index: number): ScriptedCall {
    const echoing = index % 4 === 3;
    const turns: ScriptedTurn[] = [];
    for (let story = 0; story < 3; story++) {
      turns.push({ kind: 'complete', pieces: [{ say: this.#next(longAnswers) }] });
      if (echoing) turns.push({ kind: 'echo', pieces: [], afterMs: 1800 });
      turns.push(this.#over('backchannel', { say: this.#next(listeners) }));
      turns.push(this.#over('noise', { noise: this.#next(noises) }));
      turns.push(this.#over('interruption', { say: this.#next(interruptions) }));
    }
    return { voice: voiceOf(index), room: this.#next(echoing ? echoingRooms : rooms), turns };
  }

  #complete(): ScriptedTurn {
    return { kind: 'complete', pieces: [{ say: this.#next(whole) }] };
  }

  #paused(): ScriptedTurn {
    const [before, after] = this.#next(parted);
    return {
      kind: 'paused',
      pieces: [{ say: before }, { pauseMs: this.#random.pick(thinking) }, { say: after }],
    };
  }

  #over(kind: ScriptedTurn['kind'], piece: Piece): ScriptedTurn {
    return { kind, pieces: [piece], afterMs: this.#random.int(700, 1300) };
  }

  /** The entries of a list in turn, so that a run has each as often as any other. */
  #next<T>(list: NonEmpty<T>): T {
    const at = this.#taken.get(list) ?? 0;
    this.#taken.set(list, at + 1);
    return list[at % list.length] ?? list[0];
  }
}

function voiceOf(index: number): ScriptedCall['voice'] {
  return Math.floor(index / 2) % 2 === 0 ? 'rms' : 'awb';
}
