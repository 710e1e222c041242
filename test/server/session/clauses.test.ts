import { describe, expect, it } from 'vitest';

import { ClauseSplitter, splitClauses } from '../../../server/session/clauses.js';

/** The clauses of a text that comes in pieces of this many characters. */
function clausesOf(text: string, pieceLength = 1): string[] {
  const splitter = new ClauseSplitter();
  const clauses: string[] = [];
  for (let at = 0; at < text.length; at += pieceLength)
    clauses.push(...splitter.push(text.slice(at, at + pieceLength)));
  const rest = splitter.flush();
  return rest === undefined ? clauses : [...clauses, rest];
}

describe('clauses', () => {
  it.each<[text: string, clauses: string[]]>([
    ['Hello! What is your name?', ['Hello!', 'What is your name?']],
    ['Hello, Marvin, nice to meet you.', ['Hello, Marvin, nice to meet you.']],
    [
      'Once upon a time, a little cat lived in a small village. Every night, it dreamed.',
      ['Once upon a time,', 'a little cat lived in a small village.', 'Every night, it dreamed.'],
    ],
    ['It costs $29.50 and not $29. Is that fine?', ['It costs $29.50 and not $29.', 'Is that fine?']],
    ['Pi is 3.14 or so. Yes.', ['Pi is 3.14 or so.', 'Yes.']],
    ['See Dr. Smith today. Bye.', ['See Dr. Smith today.', 'Bye.']],
    ['Take fruit, e.g. apples. Bye.', ['Take fruit, e.g. apples.', 'Bye.']],
    [
      'Come at 5 p.m. today. Or at 6 p.m. Then we go.',
      ['Come at 5 p.m. today.', 'Or at 6 p.m.', 'Then we go.'],
    ],
    ['It was J. Smith. Yes.', ['It was J. Smith.', 'Yes.']],
    ['He said "stop." Then he left.', ['He said "stop."', 'Then he left.']],
    ['First line\n- second\n- third', ['First line', '- second', '- third']],
    ['1. Wash it. 2. Dry it.', ['1. Wash it.', '2. Dry it.']],
    ['Well... I think so!? Yes.', ['Well...', 'I think so!?', 'Yes.']],
    ['', []],
    ['  \n ', []],
  ])('%j', (text, clauses) => {
    expect(clausesOf(text)).toEqual(clauses);
  });

  it('do not depend on how the text comes', () => {
    const text =
      'I would say that the answer is 1,250.75 dollars, which is a lot. Dr. Who agrees, e.g. at 9 a.m. on Mondays. Bye!';
    for (let length = 1; length < 30; length++) expect(clausesOf(text, length)).toEqual(clausesOf(text, 1));
  });

  it('end at once where the end is certain, and not before', () => {
    const splitter = new ClauseSplitter();
    expect(splitter.push('It costs $29.')).toEqual([]);
    expect(splitter.push('50.')).toEqual([]);
    expect(splitter.push(' ')).toEqual(['It costs $29.50.']);
  });

  it('begin with a short one, even without punctuation', () => {
    const [first = ''] = clausesOf(
      'The reason for all of this is rather simple and it has been known for many years to everybody who cares.',
    );
    expect(first.length).toBeLessThan(60);
  });

  it('are never longer than 200 characters and lose nothing', () => {
    const text = `${'word '.repeat(200)}${'x'.repeat(500)} ${'some, more '.repeat(60)}`;
    const clauses = clausesOf(text, 7);
    for (const clause of clauses) expect(clause.length).toBeLessThanOrEqual(200);
    expect(clauses.join('').replace(/\s/g, '')).toBe(text.replace(/\s/g, ''));
  });

  it('come out of a stream as soon as they are complete', async () => {
    const seen: string[] = [];
    async function* deltas() {
      yield 'One. ';
      await Promise.resolve();
      seen.push('after one');
      yield 'Two.';
    }
    for await (const clause of splitClauses(deltas())) seen.push(clause);
    expect(seen).toEqual(['One.', 'after one', 'Two.']);
  });
});
