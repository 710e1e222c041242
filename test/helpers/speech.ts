/** A voice for callers and an ear for what they hear: the project's own synthesiser and recogniser. */
import { pino } from 'pino';

import { Priority } from '../../server/engines/engine-types.js';
import { FliteSynthesizer } from '../../server/engines/flite-synthesizer.js';
import { PocketSphinxRecognizer } from '../../server/engines/pocketsphinx-recognizer.js';
import { join } from './wav.js';

const logger = pino({ level: 'silent' });

/** All speech here is at this rate. */
export const SPEECH_RATE_HZ = 16_000;

export class Speech {
  readonly #synthesizer: FliteSynthesizer;
  readonly #recognizer: PocketSphinxRecognizer;

  private constructor(synthesizer: FliteSynthesizer, recognizer: PocketSphinxRecognizer) {
    this.#synthesizer = synthesizer;
    this.#recognizer = recognizer;
  }

  static async start(): Promise<Speech> {
    return new Speech(
      await FliteSynthesizer.start({ logger }),
      await PocketSphinxRecognizer.start({ decoders: 1, logger }),
    );
  }

  /** One clip of speech, no silence around it. */
  async speak(text: string, voice = 'rms'): Promise<Int16Array> {
    const chunks: Int16Array[] = [];
    const request = { text, voice, priority: Priority.waiting };
    for await (const { samples } of this.#synthesizer.synthesize(request, AbortSignal.timeout(20_000)))
      chunks.push(samples);
    return join(...chunks);
  }

  /** The words in a clip. */
  async recognize(samples: Int16Array): Promise<string> {
    const caller = this.#recognizer.open();
    try {
      const utterance = caller.begin(() => undefined, AbortSignal.timeout(30_000));
      // As in a call: a decoder that is given much at once would be silent for longer than it may be.
      for (let at = 0; at < samples.length; at += 512) utterance.push(samples.subarray(at, at + 512));
      return await utterance.finish();
    } finally {
      await caller.close();
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#synthesizer.close(), this.#recognizer.close()]);
  }
}

/** Words as they sound: no case, no punctuation. */
export function wordsOf(text: string): string[] {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9' ]+/g, ' ')
    .split(' ')
    .filter((word) => word !== '');
}

/** Substituted, missing and additional words, as a share of the words that were said. */
export function wordErrorRate(said: string, understood: string): number {
  const from = wordsOf(said);
  const to = wordsOf(understood);
  let row = to.map((_, index) => index + 1);
  from.forEach((word, index) => {
    let diagonal = index;
    let left = index + 1;
    row = row.map((above, column) => {
      left = Math.min(diagonal + (word === to[column] ? 0 : 1), above + 1, left + 1);
      diagonal = above;
      return left;
    });
  });
  return (row.at(-1) ?? from.length) / Math.max(1, from.length);
}
