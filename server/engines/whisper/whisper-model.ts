/**
 * Whisper and Distil-Whisper: hear half a minute at once, however little was said, and write it down. For languages that
 * nothing quicker knows. https://github.com/openai/whisper; the graphs are those of transformers.js.
 */
import { HEARING_RATE_HZ } from '../engine-types.js';
import { HOP_SAMPLES } from '../features/mel-spectrogram.js';
import { WhisperFeatures } from '../features/whisper-features.js';
import { withGraphs } from '../onnx/graphs.js';
import type { OnnxPlace, OnnxSession } from '../onnx/onnx-session.js';
import { floatTensor } from '../onnx/tensors.js';
import { WholeSpeech } from '../recognition/whole-speech.js';
import type { SpeechModel, SpeechStream } from '../recognition/speech-model.js';
import { readWhisperConfig, WhisperVocabulary, type WhisperConfig } from './whisper-config.js';
import { decode, DECODER_INPUTS } from './whisper-decoder.js';

export type WhisperSetup = {
  files: { encoder: string; decoder: string; config: string; generationConfig: string; tokenizer: string };
  /** ISO 639-1 code. */
  language: string;
} & OnnxPlace;

/** What it hears at once. */
export const WINDOW_SECONDS = 30;
const WINDOW_SAMPLES = WINDOW_SECONDS * HEARING_RATE_HZ;

export class WhisperModel implements SpeechModel {
  readonly #encoder: OnnxSession;
  readonly #decoder: OnnxSession;
  readonly #config: WhisperConfig;
  readonly #vocabulary: WhisperVocabulary;
  readonly #features: WhisperFeatures;

  private constructor(
    encoder: OnnxSession,
    decoder: OnnxSession,
    config: WhisperConfig,
    vocabulary: WhisperVocabulary,
  ) {
    this.#encoder = encoder;
    this.#decoder = decoder;
    this.#config = config;
    this.#vocabulary = vocabulary;
    this.#features = new WhisperFeatures(config.bands);
  }

  /** @throws ModelUnusableError */
  static async load({ files, language, ...place }: WhisperSetup): Promise<WhisperModel> {
    const config = await readWhisperConfig(files, language);
    const vocabulary = await WhisperVocabulary.read(files.tokenizer);
    return withGraphs(async (open) => {
      const encoder = await open(files.encoder, ['input_features'], place);
      // Token by token a graphics card would spend its time on copies.
      const decoder = await open(files.decoder, DECODER_INPUTS, { ...place, device: 'cpu' });
      return new WhisperModel(encoder, decoder, config, vocabulary);
    });
  }

  open(): SpeechStream {
    return new WholeSpeech((samples, signal) => this.#recognize(samples, signal), WINDOW_SAMPLES);
  }

  async #recognize(samples: Float32Array, signal: AbortSignal): Promise<string> {
    const window = new Float64Array(WINDOW_SAMPLES);
    window.set(samples);
    const features = this.#features.compute(window);
    const { bands } = this.#config;
    const outputs = await this.#encoder.run({
      input_features: floatTensor(features, [1, bands, WINDOW_SAMPLES / HOP_SAMPLES]),
    });
    const heard = outputs.tensor('last_hidden_state');
    const seconds = samples.length / HEARING_RATE_HZ;
    return this.#vocabulary.text(await decode(this.#decoder, this.#config, heard, seconds, signal));
  }

  async close(): Promise<void> {
    await Promise.all([this.#encoder.close(), this.#decoder.close()]);
  }
}
