/**
 * The code behind every model: what the catalogue calls its `runner`. To add one, write a function that starts the engine
 * and name it here; it is loaded only when it is used.
 */
import type { Config } from '../config.js';
import type { Logger } from '../log.js';
import type { ReadyModel } from '../models/model-files.js';
import type { EngineLoad } from './engine-host.js';
import type {
  EndOfTurnDetector,
  LanguageModel,
  SpeechRecognizer,
  SpeechSynthesizer,
} from './engine-types.js';

/** What a runner is given. Its own settings are `config.recognizer` and so on; the model's peculiarities `model.entry.options`. */
export interface RunnerContext {
  model: ReadyModel;
  config: Config;
  log: Logger;
}

/** An engine that has a queue may tell how long it is. */
export type Started<Engine> = Engine & { readonly load?: EngineLoad };

/**
 * Starts an engine; it is warmed afterwards.
 * @throws ModelUnusableError, ConfigurationError
 */
export type Runner<Engine> = (context: RunnerContext) => Promise<Started<Engine>>;

export interface Runners {
  recognizer: Record<string, () => Promise<Runner<SpeechRecognizer>>>;
  endOfTurn: Record<string, () => Promise<Runner<EndOfTurnDetector>>>;
  languageModel: Record<string, () => Promise<Runner<LanguageModel>>>;
  synthesizer: Record<string, () => Promise<Runner<SpeechSynthesizer>>>;
}

export const runners: Runners = {
  recognizer: {
    endpoint: async () => (await import('./endpoint/endpoint-recognizer.js')).runEndpointRecognizer,
    'moonshine-streaming': async () => (await import('./moonshine/moonshine-recognizer.js')).runMoonshine,
    'parakeet-tdt': async () => (await import('./parakeet/parakeet-recognizer.js')).runParakeet,
    whisper: async () => (await import('./whisper/whisper-recognizer.js')).runWhisper,
    pocketsphinx: async () => (await import('./pocketsphinx-recognizer.js')).runPocketSphinx,
  },
  endOfTurn: {
    'smart-turn': async () => (await import('./smart-turn/smart-turn-detector.js')).runSmartTurn,
  },
  languageModel: {
    endpoint: async () => (await import('./endpoint/endpoint-language-model.js')).runEndpointLanguageModel,
    llama: async () => (await import('./llama-language-model.js')).runLlama,
  },
  synthesizer: {
    endpoint: async () => (await import('./endpoint/endpoint-synthesizer.js')).runEndpointSynthesizer,
    supertonic: async () => (await import('./supertonic/supertonic-synthesizer.js')).runSupertonic,
    'pocket-tts': async () => (await import('./pocket-tts/pocket-synthesizer.js')).runPocket,
    piper: async () => (await import('./piper/piper-synthesizer.js')).runPiper,
    kokoro: async () => (await import('./kokoro/kokoro-synthesizer.js')).runKokoro,
    flite: async () => (await import('./flite-synthesizer.js')).runFlite,
  },
};
