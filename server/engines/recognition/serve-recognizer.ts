/**
 * The far side of a {@link SteppedRecognizer}, in the model's thread. It holds what was computed for the open streams of
 * all callers; whatever it has lost, the other side can send again.
 */
import { toFloat } from '../../media/pcm.js';
import { serveEngine } from '../engine-worker.js';
import type { SpeechModel, SpeechStream } from './speech-model.js';

/** More sound of a stream and the wish for its words, or the news that nobody wants the stream any more. */
export type StepRequest =
  | {
      stream: number;
      /** Where `samples` begins in the sound of the stream. */
      from: number;
      /** At 16 kHz. */
      samples: Int16Array;
      final: boolean;
    }
  | { forget: number };

/** `lost`: the stream is not known so far; to be sent again from its beginning. */
export type StepResult = { words: string } | { lost: true };

interface OpenStream {
  stream: SpeechStream;
  samples: number;
  finished: boolean;
}

/** Finished streams that are kept, over all callers: a caller who goes on after a pause goes on with the stream. */
const KEPT_FINISHED = 4;
/** Streams at most; past it the one that was used longest ago is dropped. */
const MOST_STREAMS = 64;

export function serveRecognizer<Setup>(
  load: (setup: Setup, replacement: boolean) => Promise<SpeechModel>,
): void {
  serveEngine<Setup, StepRequest, never, never, StepResult>(async (setup, replacement) => {
    const model = await load(setup, replacement);
    const streams = new Map<number, OpenStream>();

    const find = (id: number, from: number): OpenStream | undefined => {
      const known = streams.get(id);
      if (known && from <= known.samples) return known;
      streams.delete(id);
      if (from > 0) return undefined;
      const open = { stream: model.open(), samples: 0, finished: false };
      streams.set(id, open);
      return open;
    };

    const dropOld = (): void => {
      const finished = [...streams].filter(([, stream]) => stream.finished);
      for (const [id] of finished.slice(0, -KEPT_FINISHED)) streams.delete(id);
      for (const id of [...streams.keys()].slice(0, -MOST_STREAMS)) streams.delete(id);
    };

    return {
      run: async (request, { signal }) => {
        if ('forget' in request) {
          streams.delete(request.forget);
          return { words: '' };
        }
        const open = find(request.stream, request.from);
        if (!open) return { lost: true };
        try {
          const fresh = request.samples.subarray(open.samples - request.from);
          const samples = new Float32Array(fresh.length);
          toFloat(fresh, samples);
          if (samples.length > 0) await open.stream.push(samples);
          open.samples += samples.length;
          open.finished = request.final;
          const words = await open.stream.words(request.final, signal);
          // To the end of the map, where the young ones are.
          streams.delete(request.stream);
          streams.set(request.stream, open);
          dropOld();
          return { words };
        } catch (error) {
          // What a failed run has left behind is not to be built upon; after a mere stop it is whole.
          if (!signal.aborted) streams.delete(request.stream);
          throw error;
        }
      },
      close: () => model.close(),
    };
  });
}
