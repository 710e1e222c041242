/** What the callers say: the same few turns for everybody, with a name and a sum of each caller's own to tell them apart. */

/** One turn of a caller. */
export interface Line {
  said: string;
  /** A right answer contains one of these, lower case; `undefined` where any answer will do. */
  expected?: string[];
}

/** What became of an answer. */
export type Verdict = 'right' | 'wrong' | 'crossed' | 'unchecked';

/** Common names that the built-in recogniser knows and that sound like no other one here. */
const names = (
  'Anna David Michael Peter Susan Robert Laura Thomas Julia Daniel Emma George Helen Martin Rachel Andrew Linda ' +
  'Steven Nancy Kevin Alice Brian Karen Simon Diana Patrick Monica Oscar Victoria Henry Barbara Richard Rebecca ' +
  'William Jessica Charles Jennifer Edward Amanda Christopher Catherine Benjamin Elizabeth Nicholas Patricia ' +
  'Alexander Angela Samuel Sandra Vincent Melissa Walter Natalie Arthur Caroline Douglas Marcus Gregory'
).split(' ');

const numbers = (
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen ' +
  'eighteen'
).split(' ');

/** Callers that can be told apart. */
export const mostCallers = names.length;

/** @param caller counts from 0. */
export function nameOf(caller: number): string {
  const name = names[caller];
  if (name === undefined) throw new RangeError(`There are names for ${mostCallers} callers only.`);
  return name;
}

/** A round of turns; a caller goes through it again and again. */
export function linesOf(caller: number): Line[] {
  const name = nameOf(caller);
  const one = 1 + (caller % 9);
  const other = 1 + (Math.floor(caller / 9) % 9);
  return [
    { said: `Hello, my name is ${name}.`, expected: [name.toLowerCase()] },
    { said: 'What is the capital of France?', expected: ['paris'] },
    {
      said: `How much is ${numbers[one]} plus ${numbers[other]}?`,
      expected: [String(one + other), numbers[one + other] ?? ''],
    },
    { said: 'What is my name?', expected: [name.toLowerCase()] },
    { said: 'Tell me a joke.' },
  ];
}

/**
 * Judges an answer.
 * @param understood everything that the server understood of this caller so far: a name that it misheard is no crossing.
 * @param callers how many callers there are: the names of the others must not come.
 */
export function judge(
  line: Line,
  answer: string,
  understood: string,
  caller: number,
  callers: number,
): Verdict {
  const words = (text: string) => new Set(text.toLowerCase().match(/[a-z]+|\d+/g));
  const answered = words(answer);
  const known = words(understood);
  for (let other = 0; other < callers; other++) {
    const name = nameOf(other).toLowerCase();
    if (other !== caller && answered.has(name) && !known.has(name)) return 'crossed';
  }
  if (line.expected === undefined) return 'unchecked';
  return line.expected.some((word) => answered.has(word)) ? 'right' : 'wrong';
}
