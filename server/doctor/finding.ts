/** What the doctor's parts have in common. */
import type { Config } from '../config.js';

/** One thing that was looked at. */
export interface Finding {
  /** `note`: works, but could be better or cannot be told. */
  state: 'good' | 'note' | 'bad';
  /** Such as `Node 20.20.2` or `UDP port 40000 is taken`. */
  what: string;
  /** What to do about it. */
  advice?: string;
}

/** One part of the examination; each is a file of this folder, named in `parts.ts`. */
export interface Part {
  /** One line for the list of parts. */
  about: string;
  /** Looks, and tells each thing as soon as it is known. Throws only on its own mistakes. */
  examine(config: Config): AsyncIterable<Finding>;
}

export function good(what: string): Finding {
  return { state: 'good', what };
}

export function note(what: string, advice?: string): Finding {
  return { state: 'note', what, ...(advice === undefined ? {} : { advice }) };
}

export function bad(what: string, advice: string): Finding {
  return { state: 'bad', what, advice };
}
