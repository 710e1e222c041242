/** Entry of Flite's thread: text in, one clause of shaped speech with the times of its words out. */
import type { SpeechChunk } from './engine-types.js';
import { serveEngine } from './engine-worker.js';
import { FliteProgram, type FliteSpeech } from './flite-program.js';
import { shapeSpeech } from './speech-shaping.js';
import { placeWords, speakable, type WrittenWord } from './spoken-words.js';

export interface FliteRequest {
  text: string;
  /** Flite's own name of the voice. */
  voice: string;
}

serveEngine<undefined, FliteRequest, never, SpeechChunk, void>(async () => {
  const flite = await FliteProgram.load();
  flite.prepare();
  return {
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
  };
});

function toChunk(words: readonly WrittenWord[], speech: FliteSpeech): SpeechChunk {
  const { samples, trimmedStart } = shapeSpeech(speech.samples, speech.sampleRateHz);
  const pieces = speech.utterances.flatMap(({ startSample, tokens }) => {
    const place = (ms: number | undefined): number | undefined => {
      if (ms === undefined) return undefined;
      const sample = Math.round(startSample + (ms * speech.sampleRateHz) / 1000) - trimmedStart;
      return Math.min(samples.length, Math.max(0, sample));
    };
    return tokens.map(({ text, startMs, endMs }) => ({
      text,
      startSample: place(startMs),
      endSample: place(endMs),
    }));
  });
  return { samples, words: placeWords(words, pieces, samples.length) };
}
