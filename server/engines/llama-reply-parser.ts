/** Reads a model's output as it comes: words to speak, function calls, thoughts that nobody hears. */

/** How a model writes what is not meant to be spoken. */
export interface ReplySyntax {
  /** What a call begins with, before the function's name. */
  callPrefixes: readonly string[];
  /** What stands between the name and the arguments. */
  argumentsPrefix: string;
  /** What stands after the arguments. */
  argumentsSuffix: string;
  /** What ends the answer. */
  stops: readonly string[];
  /** What encloses a thought. */
  thought?: { open: readonly string[]; close: string; openAtStart: boolean };
}

export type ReplyPart =
  | { type: 'text'; text: string }
  /** `json` is what the model wrote as arguments, which need not be JSON. */
  | { type: 'call'; name: string; json: string }
  | { type: 'stop' };

export class ReplyParser {
  readonly #syntax: ReplySyntax;
  readonly #marks: readonly string[];
  #state: 'text' | 'call' | 'thought' | 'ended' = 'text';
  #held = '';
  #anythingSaid = false;

  constructor(syntax: ReplySyntax) {
    this.#syntax = syntax;
    this.#marks = [
      ...syntax.callPrefixes,
      ...syntax.stops,
      ...(syntax.thought === undefined ? [] : syntax.thought.open),
    ].filter((mark) => mark !== '');
    if (syntax.thought?.openAtStart === true) this.#state = 'thought';
  }

  /** Takes the next output. Text is given back at once unless it may be the beginning of something else. */
  push(output: string): ReplyPart[] {
    this.#held += output;
    const parts: ReplyPart[] = [];
    while (this.#state !== 'ended' && this.#step(parts));
    return parts;
  }

  /** No more output comes. */
  end(): ReplyPart[] {
    const parts: ReplyPart[] = [];
    if (this.#state === 'text') this.#say(this.#held, parts);
    else if (this.#state === 'call') parts.push(this.#callOf(this.#held, ''));
    this.#state = 'ended';
    return parts;
  }

  /** One step on `#held`; whether another may follow. */
  #step(parts: ReplyPart[]): boolean {
    switch (this.#state) {
      case 'text':
        return this.#readText(parts);
      case 'call':
        return this.#readCall(parts);
      case 'thought':
        return this.#readThought();
      case 'ended':
        return false;
    }
  }

  #readText(parts: ReplyPart[]): boolean {
    const first = this.#marks
      .map((mark) => ({ mark, at: this.#held.indexOf(mark) }))
      .filter(({ at }) => at >= 0)
      .sort((one, other) => one.at - other.at)[0];
    if (first === undefined) {
      const keep = Math.max(0, ...this.#marks.map((mark) => overlap(this.#held, mark)));
      this.#say(this.#held.slice(0, this.#held.length - keep), parts);
      this.#held = this.#held.slice(this.#held.length - keep);
      return false;
    }
    this.#say(this.#held.slice(0, first.at), parts);
    this.#held = this.#held.slice(first.at + first.mark.length);
    if (this.#syntax.callPrefixes.includes(first.mark)) this.#state = 'call';
    else if (this.#syntax.stops.includes(first.mark)) {
      this.#state = 'ended';
      parts.push({ type: 'stop' });
    } else this.#state = 'thought';
    return true;
  }

  #readCall(parts: ReplyPart[]): boolean {
    const { argumentsPrefix, argumentsSuffix } = this.#syntax;
    const nameEnd = this.#held.indexOf(argumentsPrefix);
    if (nameEnd < 0) return false;
    const rest = this.#held.slice(nameEnd + argumentsPrefix.length);
    const end = jsonEnd(rest, argumentsSuffix);
    if (end === undefined) return false;
    parts.push(this.#callOf(this.#held.slice(0, nameEnd), rest.slice(0, end)));
    // What the model writes after its call is made up: it has not seen the result.
    this.#state = 'ended';
    return false;
  }

  #readThought(): boolean {
    const close = this.#syntax.thought?.close ?? '';
    const at = this.#held.indexOf(close);
    if (at < 0) return false;
    this.#held = this.#held.slice(at + close.length);
    this.#state = 'text';
    return true;
  }

  #callOf(name: string, json: string): ReplyPart {
    return { type: 'call', name: name.trim(), json: json.trim() };
  }

  #say(text: string, parts: ReplyPart[]): void {
    const spoken = this.#anythingSaid ? text : text.trimStart();
    if (spoken === '') return;
    this.#anythingSaid = true;
    parts.push({ type: 'text', text: spoken });
  }
}

/** How much of the end of `text` may be the beginning of `mark`. */
function overlap(text: string, mark: string): number {
  for (let length = Math.min(text.length, mark.length - 1); length > 0; length--)
    if (text.endsWith(mark.slice(0, length))) return length;
  return 0;
}

/** Where the JSON value at the beginning of `text` ends, or `undefined` while it goes on. */
function jsonEnd(text: string, suffix: string): number | undefined {
  const start = text.search(/\S/);
  if (start < 0) return undefined;
  if (text[start] !== '{' && text[start] !== '[') {
    const end = suffix === '' ? -1 : text.indexOf(suffix, start);
    return end < 0 ? undefined : end;
  }
  let depth = 0;
  let inString = false;
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (inString) {
      if (character === '\\') at++;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '{' || character === '[') depth++;
    else if (character === '}' || character === ']') {
      depth--;
      if (depth === 0) return at + 1;
    }
  }
  return undefined;
}
