/** Entry of a PocketSphinx process: one decoder, one utterance at a time, speech in as it comes, words out. */
import { HEARING_RATE_HZ } from './engine-types.js';
import { serveEngine, type EngineRun } from './engine-worker.js';
import { PocketSphinxDecoder, type CepstralMean, type PocketSphinxSettings } from './pocketsphinx-library.js';

/** The beginning of an utterance. */
export interface UtteranceRequest {
  /** What is known of the caller's voice; `undefined` at the first utterance. */
  mean: CepstralMean | undefined;
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

/** Speech that a new caller's mean is estimated from, held back until then. */
const ESTIMATE_SAMPLES = 0.6 * HEARING_RATE_HZ;
/** Partials are looked up after so much more speech. */
const PARTIAL_SAMPLES = 0.2 * HEARING_RATE_HZ;
/** Speech handed to the library at once. */
const BLOCK_SAMPLES = 512;

serveEngine<PocketSphinxSettings, UtteranceRequest, UtteranceInput, PartialWords, UtteranceResult>(
  (settings) => {
    const decoder = new PocketSphinxDecoder(settings);
    return Promise.resolve({ run: (request, run) => recognize(decoder, request, run) });
  },
);

async function recognize(
  decoder: PocketSphinxDecoder,
  { mean }: UtteranceRequest,
  run: EngineRun<UtteranceInput, PartialWords>,
): Promise<UtteranceResult> {
  let held: Int16Array[] = [];
  let heldSamples = 0;
  let known = mean !== undefined;
  let unseen = 0;
  let words = '';
  if (mean) decoder.mean = mean;
  decoder.start();
  const feed = (samples: Int16Array): void => {
    for (let at = 0; at < samples.length; at += BLOCK_SAMPLES)
      decoder.feed(samples.subarray(at, at + BLOCK_SAMPLES));
    unseen += samples.length;
  };
  const release = (): void => {
    const speech = join(held, heldSamples);
    held = [];
    const estimate = decoder.measureMean(speech);
    if (estimate) decoder.mean = estimate;
    known ||= estimate !== undefined;
    feed(speech);
  };
  for (let input = await run.input(); input && !('end' in input); input = await run.input()) {
    if (known) feed(input.samples);
    else {
      held.push(input.samples);
      heldSamples += input.samples.length;
      if (heldSamples >= ESTIMATE_SAMPLES) {
        release();
        known = true;
      }
    }
    if (unseen < PARTIAL_SAMPLES || run.behind()) continue;
    unseen = 0;
    const now = decoder.words();
    if (now === words) continue;
    words = now;
    run.chunk({ words });
  }
  if (held.length > 0) release();
  decoder.end();
  return { words: decoder.words(), mean: known ? decoder.mean : undefined };
}

function join(parts: readonly Int16Array[], length: number): Int16Array {
  const whole = new Int16Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
