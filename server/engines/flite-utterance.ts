/**
 * Reads the words of a sentence and their times out of Flite's memory while it is being spoken. Flite's program prints
 * either words or the times of sounds; which sounds belong to which word only its own structures tell
 * (flite/include/cst_{utterance,relation,item,features,val}.h), with the 32-bit pointers of WebAssembly.
 */

/** What stood between two spaces in the text. */
export interface FliteToken {
  /** Without the punctuation around it. */
  text: string;
  /** From the start of the sentence's sound, ms; `undefined` where nothing of it is spoken. */
  startMs: number | undefined;
  endMs: number | undefined;
  /** What it is spoken as, one word after the other; a number has several. */
  words: FliteWord[];
}

export interface FliteWord {
  /** In lower case, such as `forty` for a part of `42`. */
  name: string;
  syllables: FliteSyllable[];
}

export interface FliteSyllable {
  stressed: boolean;
  /** Flite's names of its sounds, such as `hh`. */
  sounds: string[];
}

/** Byte offsets of the fields that are read. */
const RELATION = { name: 0, head: 12 } as const;
const ITEM = { contents: 0, relation: 4, next: 8, daughter: 20 } as const;
const CONTENTS = { features: 0 } as const;
const FEATURE = { name: 0, value: 4, next: 8 } as const;
const VALUE = { type: 0, content: 4 } as const;
const VALUE_TYPE = { float: 3, string: 5 } as const;

/** Above the program's constants: nothing that Flite builds while it runs lies below. */
const HEAP_FROM = 1 << 20;

/** @returns no tokens when the memory does not look as expected. */
export function readUtterance(buffer: ArrayBuffer): FliteToken[] {
  const memory = new FliteMemory(buffer);
  const segments = memory.relation('Segment');
  const structure = memory.relation('SylStructure');
  const tokens = memory.relation('Token');
  if (!segments || !structure || !tokens) return [];

  const times = new Map<number, { startMs: number; endMs: number }>();
  let startMs = 0;
  for (const segment of memory.list(segments)) {
    const endMs = 1000 * memory.float(segment, 'end');
    times.set(memory.contents(segment), { startMs, endMs });
    startMs = endMs;
  }
  const spoken = new Map<number, FliteWord>();
  // An item of one relation and the same item of another share their contents.
  for (const word of memory.list(structure)) {
    const syllables = memory.daughters(word);
    const sounds = syllables.flatMap((syllable) => memory.daughters(syllable));
    spoken.set(memory.contents(word), {
      name: memory.string(word, 'name'),
      syllables: syllables.map((syllable) => ({
        stressed: memory.string(syllable, 'stress') === '1',
        sounds: memory.daughters(syllable).map((sound) => memory.string(sound, 'name')),
      })),
    });
    const spans = sounds.flatMap((sound) => times.get(memory.contents(sound)) ?? []);
    const [first, last] = [spans[0], spans.at(-1)];
    if (first && last) times.set(memory.contents(word), { startMs: first.startMs, endMs: last.endMs });
  }
  return memory.list(tokens).map((token) => {
    const contents = memory.daughters(token).map((word) => memory.contents(word));
    const spans = contents.flatMap((word) => times.get(word) ?? []);
    return {
      text: memory.string(token, 'name'),
      startMs: spans[0]?.startMs,
      endMs: spans.at(-1)?.endMs,
      words: contents.flatMap((word) => spoken.get(word) ?? []),
    };
  });
}

class FliteMemory {
  readonly #view: DataView;
  readonly #words: Uint32Array;

  constructor(buffer: ArrayBuffer) {
    this.#view = new DataView(buffer);
    this.#words = new Uint32Array(buffer);
  }

  /** The first item of the relation with this name, found by the only thing of that name whose items point back to it. */
  relation(name: string): number | undefined {
    const prefix = Buffer.from(name.slice(0, 4)).readUInt32LE();
    for (let at = this.#words.length - 4; at >= HEAP_FROM / 4; at--) {
      const nameAt = this.#words[at] ?? 0;
      if (nameAt < HEAP_FROM || this.#words[nameAt >> 2] !== prefix || this.#text(nameAt) !== name) continue;
      const relation = 4 * at;
      const head = this.#pointer(relation + RELATION.head);
      if (head && this.#pointer(head + ITEM.relation) === relation) return head;
    }
    return undefined;
  }

  /** An item and all that follow it. */
  list(first: number): number[] {
    const items: number[] = [];
    for (let item = first; item; item = this.#pointer(item + ITEM.next)) items.push(item);
    return items;
  }

  daughters(item: number): number[] {
    return this.list(this.#pointer(item + ITEM.daughter));
  }

  contents(item: number): number {
    return this.#pointer(item + ITEM.contents);
  }

  float(item: number, feature: string): number {
    const value = this.#feature(item, feature);
    return value && this.#view.getInt16(value + VALUE.type, true) === VALUE_TYPE.float
      ? this.#view.getFloat32(value + VALUE.content, true)
      : 0;
  }

  string(item: number, feature: string): string {
    const value = this.#feature(item, feature);
    return value && this.#view.getInt16(value + VALUE.type, true) === VALUE_TYPE.string
      ? this.#text(this.#pointer(value + VALUE.content))
      : '';
  }

  #feature(item: number, name: string): number {
    const features = this.#pointer(this.contents(item) + CONTENTS.features);
    for (let pair = this.#pointer(features); pair; pair = this.#pointer(pair + FEATURE.next)) {
      if (this.#text(this.#pointer(pair + FEATURE.name)) === name) return this.#pointer(pair + FEATURE.value);
    }
    return 0;
  }

  /** 0 for what lies outside the memory, which ends every walk. */
  #pointer(at: number): number {
    const value = at + 4 <= this.#view.byteLength ? this.#view.getUint32(at, true) : 0;
    return value < this.#view.byteLength ? value : 0;
  }

  #text(at: number): string {
    const bytes = new Uint8Array(this.#view.buffer, at);
    const end = bytes.indexOf(0);
    return Buffer.from(bytes.buffer, at, Math.max(0, end)).toString('latin1');
  }
}
