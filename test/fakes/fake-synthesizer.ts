/** A synthesiser that hums: a tone per word, at once or with the delays and failures a test tells it. */
import { setTimeout as sleep } from 'node:timers/promises';

import type {
  Priority,
  SpeechChunk,
  SpeechSynthesizer,
  SpokenWord,
} from '../../server/engines/engine-types.js';

export interface FakeSynthesizerOptions {
  /** Speech per word, ms; 200 by default. */
  msPerWord?: number;
  /** Length of a chunk, ms; 200 by default. */
  chunkMs?: number;
  /** Time to the first chunk, ms; 0 by default. */
  firstChunkDelayMs?: number;
  /** Time from each chunk to the next, ms; 0 by default. */
  chunkDelayMs?: number;
  /** Thrown by the clause that it is given for; `undefined` lets the clause be spoken. */
  failure?: (text: string) => Error | undefined;
}

const TONE_HZ = 220;
const AMPLITUDE = 6000;

export class FakeSynthesizer implements SpeechSynthesizer {
  readonly name = 'fake';
  readonly sampleRateHz = 16_000;
  readonly voices = ['hum', 'buzz'];
  /** Every request, in order. */
  readonly requests: { text: string; voice: string; priority: Priority }[] = [];
  /** Clauses being spoken at this moment. */
  speaking = 0;
  closed = false;
  /** May be changed between requests. */
  readonly options: FakeSynthesizerOptions;

  constructor(options: FakeSynthesizerOptions = {}) {
    this.options = { ...options };
  }

  warm(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    return Promise.resolve();
  }

  async *synthesize(
    request: { text: string; voice: string; priority: Priority },
    signal: AbortSignal,
  ): AsyncGenerator<SpeechChunk> {
    const { msPerWord = 200, chunkMs = 200, firstChunkDelayMs = 0, chunkDelayMs = 0, failure } = this.options;
    signal.throwIfAborted();
    this.requests.push(request);
    if (!this.voices.includes(request.voice)) throw new RangeError(`The fake has no voice ${request.voice}.`);
    this.speaking++;
    try {
      await pause(firstChunkDelayMs, signal);
      const error = failure?.(request.text);
      if (error) throw error;
      const wordSamples = (msPerWord * this.sampleRateHz) / 1000;
      const words = request.text.split(/\s+/).filter(Boolean);
      const spoken: SpokenWord[] = words.map((text, index) => ({
        text,
        startSample: index * wordSamples,
        endSample: (index + 1) * wordSamples,
      }));
      const all = tone(words.length * wordSamples, this.sampleRateHz);
      const chunkSamples = (chunkMs * this.sampleRateHz) / 1000;
      for (let start = 0; start < all.length; start += chunkSamples) {
        if (start > 0) await pause(chunkDelayMs, signal);
        const end = start + chunkSamples;
        yield {
          samples: all.slice(start, end),
          words: spoken.filter((word) => word.startSample >= start && word.startSample < end),
        };
        signal.throwIfAborted();
      }
    } finally {
      this.speaking--;
    }
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
}

function tone(length: number, sampleRateHz: number): Int16Array {
  return Int16Array.from({ length }, (_, index) =>
    Math.round(AMPLITUDE * Math.sin((2 * Math.PI * TONE_HZ * index) / sampleRateHz)),
  );
}
