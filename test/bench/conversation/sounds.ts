/** What scripted callers say, as sound: made by the project's own synthesiser, once for every run. */
import { existsSync } from 'node:fs';
import { pino } from 'pino';
import { Priority, type SpokenWord } from '../../../server/engines/engine-types.js';
import { FliteSynthesizer } from '../../../server/engines/flite-synthesizer.js';
import { Random } from '../../helpers/random.js';
import { join, silence } from '../../helpers/wav.js';
import { clips } from '../speech-corpus.js';
import { noise } from './noises.js';
import type { Piece, ScriptedCall, ScriptedTurn } from './script.js';

const RATE_HZ = 16_000;
/** Speech of people that is used, s: shorter parts are single words, longer ones take up the time. */
const recordingSeconds = { least: 1, most: 6 };

export class Sounds {
  readonly #synthesizer: FliteSynthesizer;
  readonly #made = new Map<string, Int16Array>();
  readonly #random = new Random(11);

  static async start(): Promise<Sounds> {
    return new Sounds(await FliteSynthesizer.start({ logger: pino({ level: 'silent' }) }));
  }

  private constructor(synthesizer: FliteSynthesizer) {
    this.#synthesizer = synthesizer;
  }

  /** Makes everything that a call needs, so that nothing is computed while it goes on. */
  async prepare(call: ScriptedCall): Promise<void> {
    for (const turn of call.turns) {
      for (const piece of turn.pieces) {
        if (!('say' in piece)) continue;
        const name = `${call.voice}: ${piece.say}`;
        if (!this.#made.has(name)) this.#made.set(name, (await this.speak(piece.say, call.voice)).samples);
      }
    }
  }

  /** A turn of a call that was prepared. */
  of(turn: ScriptedTurn, voice: string): Int16Array {
    return join(...turn.pieces.map((piece) => this.#piece(piece, voice)));
  }

  /** Speech with the times of its words. */
  async speak(text: string, voice: string): Promise<{ samples: Int16Array; words: SpokenWord[] }> {
    const chunks: Int16Array[] = [];
    const words: SpokenWord[] = [];
    const request = { text, voice, priority: Priority.waiting };
    for await (const chunk of this.#synthesizer.synthesize(request, AbortSignal.timeout(30_000))) {
      chunks.push(chunk.samples);
      words.push(...chunk.words);
    }
    return { samples: join(...chunks), words };
  }

  close(): Promise<void> {
    return this.#synthesizer.close();
  }

  #piece(piece: Piece, voice: string): Int16Array {
    if ('pauseMs' in piece) return silence(piece.pauseMs / 1000, RATE_HZ);
    if ('noise' in piece) return noise(piece.noise, this.#random);
    if ('recording' in piece) return piece.recording;
    const made = this.#made.get(`${voice}: ${piece.say}`);
    if (!made) throw new Error(`"${piece.say}" was not prepared in the voice ${voice}.`);
    return made;
  }
}

/** Stretches of people's speech from the clips in a folder; none when it is not there. */
export function recordings(folder: string): Int16Array[] {
  if (!existsSync(folder)) return [];
  return clips(folder)
    .flatMap(({ utterances }) => utterances.map(({ speech }) => speech))
    .filter(({ length }) => {
      const seconds = length / RATE_HZ;
      return seconds >= recordingSeconds.least && seconds <= recordingSeconds.most;
    });
}
