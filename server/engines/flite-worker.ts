/** Entry of Flite's thread: text in, one clause of shaped speech with the times of its words out. */
import type { SpeechChunk } from './engine-types.js';
import { serveEngine } from './engine-worker.js';
import { FliteProgram, type FliteImage, type FliteSpeech } from './flite-program.js';
import { shapeSpeech } from './speech-shaping.js';
import { placeWords, speakable, type WrittenWord } from './spoken-words.js';

export interface FliteRequest {
  text: string;
  /** Flite's own name of the voice. */
  voice: string;
}

/** What a thread says of itself when it is ready. */
export interface FliteInfo {
  /** Time that it takes for a second of speech, seconds. */
  realTimeFactor: number;
}

/** Long enough for the code to be optimised when it has been spoken. */
const SAMPLE = 'The quick brown fox jumps over the lazy dog, and the dog sleeps on.';

serveEngine<FliteImage, FliteRequest, never, SpeechChunk, void>((image) => {
  const flite = new FliteProgram(image);
  flite.speak('slt', SAMPLE);
  const info: FliteInfo = { realTimeFactor: measure(flite) };
  flite.prepare();
  return Promise.resolve({
    info,
    run: ({ text, voice }, run) => {
      const { words, plain } = speakable(text);
      if (plain) {
        const speech = flite.speak(voice, plain);
        const chunk = toChunk(words, speech);
        if (chunk.samples.length > 0) run.chunk(chunk, [chunk.samples.buffer as ArrayBuffer]);
      }
      setImmediate(() => {
        flite.prepare();
      });
    },
  });
});

/** Time for a second of speech, seconds. */
function measure(flite: FliteProgram): number {
  const startedAt = performance.now();
  const { samples, sampleRateHz } = flite.speak('slt', SAMPLE);
  return (performance.now() - startedAt) / 1000 / (samples.length / sampleRateHz);
}

function toChunk(
  words: readonly WrittenWord[],
  { samples, sampleRateHz, utterances }: FliteSpeech,
): SpeechChunk {
  const pieces = utterances.flatMap(({ startSample, tokens }) => {
    const place = (ms: number | undefined): number | undefined =>
      ms === undefined ? undefined : Math.round(startSample + (ms * sampleRateHz) / 1000);
    return tokens.map(({ text, startMs, endMs }) => ({
      text,
      startSample: place(startMs),
      endSample: place(endMs),
    }));
  });
  const spoken = pieces.filter(({ startSample }) => startSample !== undefined);
  const shaped = shapeSpeech(samples, sampleRateHz, [
    spoken[0]?.startSample ?? Infinity,
    spoken.at(-1)?.endSample ?? 0,
  ]);
  const shift = (sample: number | undefined): number | undefined =>
    sample === undefined
      ? undefined
      : Math.min(shaped.samples.length, Math.max(0, sample - shaped.trimmedStart));
  const shifted = pieces.map(({ text, startSample, endSample }) => ({
    text,
    startSample: shift(startSample),
    endSample: shift(endSample),
  }));
  return { samples: shaped.samples, words: placeWords(words, shifted, shaped.samples.length) };
}
