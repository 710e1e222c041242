/**
 * How words of many languages are pronounced, by the program espeak-ng where its user has installed it. It is under the
 * GPL and stays a program of its own: nothing of it is part of this server.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { ModelUnusableError } from '../../errors.js';

const run = promisify(execFile);

/** A program that hangs is not waited for, ms. */
const LIMIT_MS = 5000;
const MARKS = /([.,;:!?…—]+)/;

export class Espeak {
  readonly #voice: string;
  readonly #program: string;

  private constructor(voice: string, program: string) {
    this.#voice = voice;
    this.#program = program;
  }

  /**
   * @param voice as `espeak-ng --voices` lists them, such as `de` or `en-us`.
   * @throws ModelUnusableError when it is not installed or has no such voice.
   */
  static async load(voice: string, program = 'espeak-ng'): Promise<Espeak> {
    const espeak = new Espeak(voice, program);
    try {
      await espeak.#spell('a');
    } catch (cause) {
      throw new ModelUnusableError(
        `This voice needs the program ${program} with its voice ${voice}: install it with ` +
          '"apt-get install espeak-ng" (its licence is the GPL 3), or choose another model for the synthesizer.',
        { cause },
      );
    }
    return espeak;
  }

  /** The sounds of a clause in the international alphabet, with its punctuation. */
  async pronounce(text: string): Promise<string> {
    const parts = await Promise.all(
      text.split(MARKS).map(async (part, place) => (place % 2 === 1 ? `${part[0]} ` : this.#spell(part))),
    );
    return parts.join('').replace(/\s+/g, ' ').trim();
  }

  async #spell(text: string): Promise<string> {
    if (!/[\p{L}\p{N}]/u.test(text)) return '';
    const spoken = ['-q', '--ipa', '-v', this.#voice, '--', text.trim()];
    const { stdout } = await run(this.#program, spoken, { timeout: LIMIT_MS, encoding: 'utf8' });
    // It names the language when it changes: "(en)wˈɜːd(de)".
    return stdout
      .replace(/\([a-z-]+\)/g, '')
      .replace(/\s+/g, ' ')
      .trim();
  }
}
