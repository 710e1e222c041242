/** The far side of an {@link OnnxSynthesizer}, in the model's thread. */
import type { SpeakingRateHz, SpeechChunk } from '../engine-types.js';
import { serveEngine } from '../engine-worker.js';
import type { VoiceModel } from './voice-model.js';

export interface SpeakRequest {
  text: string;
  voice: string;
}

/** What the other side is told of the model. */
export interface VoiceInfo {
  sampleRateHz: SpeakingRateHz;
  voices: string[];
}

export function serveSynthesizer<Setup>(
  load: (setup: Setup, replacement: boolean) => Promise<VoiceModel>,
): void {
  serveEngine<Setup, SpeakRequest, never, SpeechChunk, void>(async (setup, replacement) => {
    const model = await load(setup, replacement);
    const info: VoiceInfo = { sampleRateHz: model.sampleRateHz, voices: [...model.voices] };
    return {
      info,
      run: async ({ text, voice }, run) => {
        for await (const chunk of model.speak(text, voice, run.signal)) {
          if (run.signal.aborted) return;
          if (chunk.samples.length > 0) run.chunk(chunk, [chunk.samples.buffer as ArrayBuffer]);
        }
      },
      close: () => model.close(),
    };
  });
}
