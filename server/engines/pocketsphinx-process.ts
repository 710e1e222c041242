/** Entry of a PocketSphinx process: a few decoders that take turns, speech in as it comes, words out. */
import { estimateMean, type CepstralMean } from './cepstral-mean.js';
import { HEARING_RATE_HZ } from './engine-types.js';
import { serveEngine, type EngineRun } from './engine-worker.js';
import { PocketSphinxDecoder, type PocketSphinxSettings } from './pocketsphinx-library.js';

export interface PocketSphinxSetup {
  settings: PocketSphinxSettings;
  /** Utterances at once. */
  decoders: number;
}

/** What a process says of itself when it is ready. */
export interface PocketSphinxInfo {
  /** Processor time for a second of sound, seconds. */
  realTimeFactor: number;
}

/** The beginning of an utterance. */
export interface UtteranceRequest {
  /** What is known of the caller's voice; `undefined` at the first utterance. */
  mean: CepstralMean | undefined;
  /** Whether the words so far are wanted. */
  partials: boolean;
}

/** More speech, or the end of it. */
export type UtteranceInput = { samples: Int16Array } | { end: true };

/** The words so far. */
export interface PartialWords {
  words: string;
}

export interface UtteranceResult {
  words: string;
  /** To be handed in with the caller's next utterance. */
  mean: CepstralMean | undefined;
}

/** Partials are looked up after so much more speech. */
const PARTIAL_SAMPLES = 0.2 * HEARING_RATE_HZ;
/** Speech handed to the library at once. */
const BLOCK_SAMPLES = 512;
const NOISE_AMPLITUDE = 1000;
/** A mean is looked for after so much more speech. */
const ESTIMATE_SAMPLES = 0.1 * HEARING_RATE_HZ;

serveEngine<PocketSphinxSetup, UtteranceRequest, UtteranceInput, PartialWords, UtteranceResult>(
  ({ settings, decoders }) => {
    const first = new PocketSphinxDecoder(settings);
    const idle = [first];
    const info: PocketSphinxInfo = { realTimeFactor: measure(first) };
    while (idle.length < decoders) idle.push(new PocketSphinxDecoder(settings, first));
    return Promise.resolve({
      info,
      run: async (request, run) => {
        const decoder = idle.pop();
        if (decoder === undefined) throw new Error('More utterances at once than decoders.');
        try {
          return await recognize(decoder, request, run);
        } finally {
          idle.push(decoder);
        }
      },
    });
  },
);

/** Processor time for a second of noise, which costs what a caller's speech does, seconds. */
function measure(decoder: PocketSphinxDecoder): number {
  const noise = Int16Array.from({ length: HEARING_RATE_HZ }, () => NOISE_AMPLITUDE * (Math.random() - 0.5));
  const before = process.cpuUsage();
  decoder.start();
  for (let at = 0; at < noise.length; at += BLOCK_SAMPLES)
    decoder.feed(noise.subarray(at, at + BLOCK_SAMPLES));
  decoder.end();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

async function recognize(
  decoder: PocketSphinxDecoder,
  { mean, partials }: UtteranceRequest,
  run: EngineRun<UtteranceInput, PartialWords>,
): Promise<UtteranceResult> {
  const held = new HeldSpeech(decoder, mean);
  let unseen = 0;
  let words = '';
  const feed = async (samples: Int16Array): Promise<void> => {
    for (let at = 0; at < samples.length && !run.signal.aborted; at += BLOCK_SAMPLES) {
      if (at > 0) await run.turn();
      decoder.feed(samples.subarray(at, at + BLOCK_SAMPLES));
    }
    unseen += samples.length;
  };
  decoder.start();
  for (let input = await run.input(); input && !('end' in input); input = await run.input()) {
    await feed(held.pass(input.samples));
    if (unseen < PARTIAL_SAMPLES) continue;
    decoder.adaptMean();
    if (!partials || run.behind()) continue;
    unseen = 0;
    const now = decoder.words();
    if (now === words) continue;
    words = now;
    run.chunk({ words });
  }
  await feed(held.rest());
  await run.turn();
  decoder.end();
  if (run.signal.aborted) return { words: '', mean };
  words = decoder.words();
  // Sound without words is no voice to learn from.
  return { words, mean: words && held.meanKnown ? decoder.mean : mean };
}

/** Holds a new caller's speech back until the decoder has a mean for it. */
class HeldSpeech {
  readonly #decoder: PocketSphinxDecoder;
  #held = new Int16Array(0);
  /** How much was held when a mean was last looked for. */
  #examined = 0;
  meanKnown: boolean;

  constructor(decoder: PocketSphinxDecoder, mean: CepstralMean | undefined) {
    this.#decoder = decoder;
    this.meanKnown = mean !== undefined;
    if (mean) decoder.mean = mean;
  }

  /** What can be decoded now that these samples have come. */
  pass(samples: Int16Array): Int16Array {
    if (this.meanKnown) return samples;
    this.#hold(samples);
    if (this.#held.length < this.#examined + ESTIMATE_SAMPLES) return new Int16Array(0);
    this.#examined = this.#held.length;
    return this.#release(false);
  }

  /** What is still held at the end. */
  rest(): Int16Array {
    return this.#release(true);
  }

  #hold(samples: Int16Array): void {
    const joined = new Int16Array(this.#held.length + samples.length);
    joined.set(this.#held);
    joined.set(samples, this.#held.length);
    this.#held = joined;
  }

  #release(all: boolean): Int16Array {
    if (!this.meanKnown && this.#held.length > 0) {
      const mean = estimateMean(this.#decoder.cepstra(this.#held), this.#decoder.generalMean, all);
      if (mean) this.#decoder.mean = mean;
      this.meanKnown = mean !== undefined;
    }
    if (!this.meanKnown && !all) return new Int16Array(0);
    const released = this.#held;
    this.#held = new Int16Array(0);
    return released;
  }
}
