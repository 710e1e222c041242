/**
 * Parakeet TDT: hears all of the speech at once, in many languages, and writes it down frame by frame.
 * https://huggingface.co/nvidia/parakeet-tdt-0.6b-v3; the graphs are those of github.com/istupakov/onnx-asr.
 */
import { Tensor } from 'onnxruntime-node';

import { HEARING_RATE_HZ } from '../engine-types.js';
import { HOP_SAMPLES } from '../features/mel-spectrogram.js';
import { NemoFeatures } from '../features/nemo-features.js';
import { withGraphs } from '../onnx/graphs.js';
import type { OnnxPlace, OnnxSession } from '../onnx/onnx-session.js';
import { argMax, floatTensor, integerTensor, zeros } from '../onnx/tensors.js';
import { WholeSpeech } from '../recognition/whole-speech.js';
import type { SpeechModel, SpeechStream } from '../recognition/speech-model.js';
import { ParakeetVocabulary } from './parakeet-vocabulary.js';
import { decodeTdt } from './tdt-decoder.js';

export type ParakeetSetup = {
  files: { encoder: string; decoder: string; vocabulary: string };
  /** Lengths to which speech is padded, seconds, rising; none: it is heard as long as it is. */
  buckets: readonly number[];
} & OnnxPlace;

/** The two layers of the decoder's memory. */
interface DecoderState {
  input_states_1: Tensor;
  input_states_2: Tensor;
}

const BANDS = 128;
/** Speech that it takes at once. */
export const MOST_SECONDS = 30;
/** Speech shorter than a frame of the encoder gives none. */
const FEWEST_SAMPLES = 0.1 * HEARING_RATE_HZ;
export class ParakeetModel implements SpeechModel {
  readonly #encoder: OnnxSession;
  readonly #decoder: OnnxSession;
  readonly #vocabulary: ParakeetVocabulary;
  readonly #features = new NemoFeatures(BANDS);
  readonly #buckets: readonly number[];

  private constructor(
    encoder: OnnxSession,
    decoder: OnnxSession,
    vocabulary: ParakeetVocabulary,
    buckets: readonly number[],
  ) {
    this.#encoder = encoder;
    this.#decoder = decoder;
    this.#vocabulary = vocabulary;
    this.#buckets = buckets;
  }

  /**
   * @param warm computes every length to which speech is padded, so that no caller waits for the first time.
   * @throws ModelUnusableError
   */
  static async load({ files, buckets, ...place }: ParakeetSetup, warm = true): Promise<ParakeetModel> {
    const vocabulary = await ParakeetVocabulary.read(files.vocabulary);
    return withGraphs(async (open) => {
      const encoder = await open(files.encoder, ['audio_signal', 'length'], place);
      const inputs = ['encoder_outputs', 'targets', 'target_length', 'input_states_1', 'input_states_2'];
      // Step by step a graphics card would spend its time on copies.
      const decoder = await open(files.decoder, inputs, { ...place, device: 'cpu' });
      const model = new ParakeetModel(encoder, decoder, vocabulary, buckets);
      for (const seconds of warm ? buckets : [])
        await model.#encode(new Float32Array(seconds * HEARING_RATE_HZ));
      return model;
    });
  }

  open(): SpeechStream {
    return new WholeSpeech(
      (samples, signal) => this.#recognize(samples, signal),
      MOST_SECONDS * HEARING_RATE_HZ,
    );
  }

  async #recognize(samples: Float32Array, signal: AbortSignal): Promise<string> {
    if (samples.length < FEWEST_SAMPLES) return '';
    const { rows, frames, width } = await this.#encode(samples);
    const { blank, size } = this.#vocabulary;
    const targetType = this.#decoder.input('targets').type;
    const tokens = await decodeTdt(frames, blank, this.#startState(), async (frame, last, state) => {
      signal.throwIfAborted();
      const outputs = await this.#decoder.run({
        encoder_outputs: floatTensor(rows.slice(frame * width, (frame + 1) * width), [1, width, 1]),
        targets: wholeNumbers(targetType, [last], [1, 1]),
        target_length: wholeNumbers(targetType, [1], [1]),
        ...state,
      });
      const choices = outputs.floats('outputs');
      return {
        token: argMax(choices, 0, size),
        duration: argMax(choices, size),
        state: {
          input_states_1: outputs.tensor('output_states_1'),
          input_states_2: outputs.tensor('output_states_2'),
        },
      };
    });
    return this.#vocabulary.text(tokens);
  }

  /** @returns frames of 80 ms, one after the other. */
  async #encode(samples: Float32Array): Promise<{ rows: Float32Array; frames: number; width: number }> {
    const seconds = samples.length / HEARING_RATE_HZ;
    const bucket = this.#buckets.find((length) => length >= seconds) ?? 0;
    const padded = (bucket * HEARING_RATE_HZ) / HOP_SAMPLES;
    const { features, frames: length, all } = this.#features.compute(samples, padded);
    const outputs = await this.#encoder.run({
      audio_signal: floatTensor(features, [1, BANDS, all]),
      length: integerTensor([length], [1]),
    });
    const columns = outputs.floats('outputs');
    const [, width = 0, count = 0] = outputs.tensor('outputs').dims;
    const frames = Math.min(count, Number(outputs.tensor('encoded_lengths').data[0]));
    const rows = Float32Array.from(
      { length: frames * width },
      (_, index) => columns[(index % width) * count + Math.floor(index / width)] ?? 0,
    );
    return { rows, frames, width };
  }

  #startState(): DecoderState {
    const state = (name: string): Tensor => {
      const [layers, , width] = this.#decoder.input(name).shape;
      return zeros([Number(layers), 1, Number(width)]);
    };
    return { input_states_1: state('input_states_1'), input_states_2: state('input_states_2') };
  }

  async close(): Promise<void> {
    await Promise.all([this.#encoder.close(), this.#decoder.close()]);
  }
}

/** Some exports take 32 bits, others 64. */
function wholeNumbers(type: Tensor.Type, values: number[], shape: number[]): Tensor {
  return type === 'int32'
    ? new Tensor('int32', Int32Array.from(values), shape)
    : integerTensor(values, shape);
}
