/** Cuts an answer, as it comes from the model, into clauses to be spoken one after the other. */

/** Words after which the first clause may end at a comma: fewer sound torn off ("Hello, | Marvin"). */
const firstClauseWords = 4;
/** ... or characters. */
const firstClauseLength = 25;
/** From this length on the first clause may also end in front of a word that joins two parts of a sentence. */
const joinedClauseLength = 40;
/** Longest clause, characters. */
const maxLength = 200;
/** A clause that has to be cut because of its length is not cut before this character at a comma. */
const minCutLength = 60;

/** Abbreviations that another word always follows. */
const neverEnding = new Set(
  'dr mr mrs ms prof st vs e.g i.e cf approx fig gen sen rep rev hon capt lt col sgt mt jan feb aug sept oct nov dec'.split(
    ' ',
  ),
);
/** Abbreviations that may also be the last word of a sentence: the next word tells. */
const perhapsEnding = new Set('etc a.m p.m u.s u.k e.u inc ltd co corp jr sr no dept est min max'.split(' '));

const joiningWords = /\s(?=(?:and|but|because|so|which|who|that|when|where|while|although|or|if)\s)/g;

/** Takes text piece by piece and gives back clauses as soon as their end is certain. */
export class ClauseSplitter {
  #text = '';
  #first = true;

  /** @returns the clauses that this piece completes, mostly none. */
  push(text: string): string[] {
    this.#text += text;
    const clauses: string[] = [];
    for (;;) {
      const end = this.#end();
      if (end === undefined) return clauses;
      const clause = this.#text.slice(0, end).trim();
      this.#text = this.#text.slice(end);
      if (clause !== '') {
        clauses.push(clause);
        this.#first = false;
      }
    }
  }

  /** No more text comes: what is left, if anything. */
  flush(): string | undefined {
    const rest = this.#text.trim();
    this.#text = '';
    return rest === '' ? undefined : rest;
  }

  /** Where the clause at the beginning of the text ends, or `undefined` while that is not certain. */
  #end(): number | undefined {
    const text = this.#text;
    const start = text.search(/\S/);
    if (start < 0) return undefined;
    const end = [sentenceEnd(text, start), this.#first ? firstClauseEnd(text, start) : undefined]
      .filter((position) => position !== undefined)
      .sort((one, other) => one - other)[0];
    if (end !== undefined && end - start <= maxLength) return end;
    return text.length - start > maxLength ? forcedEnd(text, start) : undefined;
  }
}

/** The clauses of an answer. */
export async function* splitClauses(deltas: AsyncIterable<string>): AsyncGenerator<string> {
  const splitter = new ClauseSplitter();
  for await (const delta of deltas) yield* splitter.push(delta);
  const rest = splitter.flush();
  if (rest !== undefined) yield rest;
}

/** Behind a full stop and its like, or at a line break. White space has to follow: "$29." may become "$29.50". */
function sentenceEnd(text: string, start: number): number | undefined {
  for (const match of text.slice(start).matchAll(/\n|[.!?…]+["'”’)\]*_]*(?=\s)/g)) {
    const at = start + match.index;
    const end = at + match[0].length;
    if (match[0] === '\n') return at;
    if (!match[0].startsWith('.') || match[0].startsWith('..')) return end;
    const clause = text.slice(start, at);
    const word = /\S*$/.exec(clause)?.[0].replace(/^["'“‘(*_[]+/, '') ?? '';
    if (/^\d+$/.test(clause) || /^[A-Z]$/.test(word) || neverEnding.has(word.toLowerCase())) continue;
    if (!perhapsEnding.has(word.toLowerCase())) return end;
    const next = /^\s+(\S)/.exec(text.slice(end))?.[1];
    if (next === undefined) return undefined;
    if (/["“‘(\p{Lu}]/u.test(next)) return end;
  }
  return undefined;
}

function firstClauseEnd(text: string, start: number): number | undefined {
  for (const match of text.slice(start).matchAll(/(?:[,;:—–]["'”’)\]]*|\s[-—–])(?=\s)/g)) {
    const end = start + match.index + match[0].length;
    const clause = text.slice(start, end);
    if (clause.length >= firstClauseLength || clause.split(/\s+/).length >= firstClauseWords) return end;
  }
  for (const match of text.slice(start).matchAll(joiningWords))
    if (match.index >= joinedClauseLength) return start + match.index;
  return undefined;
}

/** The best place in a text that has no end within the longest clause. */
function forcedEnd(text: string, start: number): number {
  const head = text.slice(start, start + maxLength);
  const pauses = [...head.matchAll(/[,;:—–]["'”’)\]]*(?=\s)/g)]
    .map((match) => match.index + match[0].length)
    .filter((end) => end >= minCutLength);
  const space = head.search(/\s\S*$/);
  return start + (pauses.at(-1) ?? (space > 0 ? space : maxLength));
}
