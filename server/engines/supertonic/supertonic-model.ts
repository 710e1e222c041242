/**
 * Supertonic: letters in, speech out, a clause at a time, in many languages; no knowledge of pronunciation is needed.
 * https://github.com/supertone-inc/supertonic
 */
import type { Tensor } from 'onnxruntime-node';

import { ModelUnusableError } from '../../errors.js';
import type { SpeakingRateHz, SpeechChunk } from '../engine-types.js';
import { withGraphs } from '../onnx/graphs.js';
import type { OnnxPlace, OnnxSession } from '../onnx/onnx-session.js';
import { floatTensor, integerTensor } from '../onnx/tensors.js';
import { Pronouncer } from '../pronunciation/pronouncer.js';
import { normalNoise } from '../synthesis/normal-noise.js';
import { Resampler } from '../synthesis/resample.js';
import type { VoiceModel } from '../synthesis/voice-model.js';
import { heardSpans, lettersOnly, wholeClause } from '../synthesis/whole-clause.js';
import {
  readIndexer,
  readSupertonicConfig,
  readVoice,
  type SupertonicConfig,
  type SupertonicVoice,
} from './supertonic-files.js';
import { encode, supertonicText } from './supertonic-text.js';

export type SupertonicSetup = {
  files: {
    duration: string;
    encoder: string;
    estimator: string;
    vocoder: string;
    config: string;
    indexer: string;
  };
  /** Files by name, the default first. */
  voices: Record<string, string>;
  /** ISO 639-1 code of what is spoken. */
  language: string;
  /** Steps from noise to speech: 2 are robotic, 5 are good, 8 a little better. */
  steps: number;
  /** 1 is the voice's own pace. */
  speed: number;
  /** Lengths to which text and latent are padded, rising; none: they are as long as they are. */
  buckets: readonly number[];
} & OnnxPlace;

/** A text as the graphs take it. */
interface SupertonicInput extends Record<string, Tensor> {
  text_ids: Tensor;
  text_mask: Tensor;
}

interface SupertonicGraphs {
  duration: OnnxSession;
  encoder: OnnxSession;
  estimator: OnnxSession;
  vocoder: OnnxSession;
}

/** Opus codes it without loss of what speech has; the model's own 44.1 kHz it does not take. */
const RATE_HZ = 24_000;

export class SupertonicModel implements VoiceModel {
  readonly sampleRateHz: SpeakingRateHz = RATE_HZ;
  readonly voices: readonly string[];
  readonly #setup: SupertonicSetup;
  readonly #graphs: SupertonicGraphs;
  readonly #config: SupertonicConfig;
  readonly #indexer: readonly number[];
  readonly #styles: ReadonlyMap<string, SupertonicVoice>;
  /** For the times of the words; of English only. */
  readonly #pronouncer: Pronouncer | undefined;
  readonly #resampler: Resampler;

  private constructor(
    setup: SupertonicSetup,
    graphs: SupertonicGraphs,
    config: SupertonicConfig,
    indexer: readonly number[],
    styles: ReadonlyMap<string, SupertonicVoice>,
    pronouncer: Pronouncer | undefined,
  ) {
    this.#setup = setup;
    this.#graphs = graphs;
    this.#config = config;
    this.#indexer = indexer;
    this.#styles = styles;
    this.#pronouncer = pronouncer;
    this.voices = [...styles.keys()];
    this.#resampler = new Resampler(config.sampleRateHz, RATE_HZ);
  }

  /**
   * @param warm computes every length to which clauses are padded, so that no caller waits for the first time.
   * @throws ModelUnusableError
   */
  static async load(setup: SupertonicSetup, warm = true): Promise<SupertonicModel> {
    const { files, voices, language, threads, device } = setup;
    const place = { ...(threads && { threads }), ...(device && { device }) };
    const config = await readSupertonicConfig(files.config);
    const indexer = await readIndexer(files.indexer);
    const styles = new Map<string, SupertonicVoice>();
    for (const [name, path] of Object.entries(voices)) styles.set(name, await readVoice(path));
    const pronouncer = language === 'en' ? await Pronouncer.load() : undefined;
    return withGraphs(async (open) => {
      const graphs = {
        duration: await open(files.duration, ['text_ids', 'style_dp', 'text_mask'], place),
        encoder: await open(files.encoder, ['text_ids', 'style_ttl', 'text_mask'], place),
        estimator: await open(files.estimator, ['noisy_latent', 'text_emb', 'latent_mask'], place),
        vocoder: await open(files.vocoder, ['latent'], place),
      };
      const model = new SupertonicModel(setup, graphs, config, indexer, styles, pronouncer);
      if (warm) await model.#warm();
      return model;
    });
  }

  /** Computes every length to which clauses are padded; the longest first, which decides on the memory that is taken. */
  async #warm(): Promise<void> {
    const [style] = this.#styles.values();
    if (!style) return;
    const { signal } = new AbortController();
    for (const length of [...this.#setup.buckets].reverse()) {
      const text = this.#text(new Array<number>(length).fill(0));
      await this.#seconds(text, style);
      await this.#render(text, style, { length, steps: 1 }, signal);
    }
  }

  async *speak(text: string, voice: string, signal: AbortSignal): AsyncGenerator<SpeechChunk> {
    const style = this.#styles.get(voice);
    if (!style) throw new ModelUnusableError(`Supertonic has no voice ${voice}.`);
    const numbers = encode(supertonicText(text, this.#setup.language), this.#indexer);
    if (numbers.length === 0) return;
    const words = this.#pronouncer?.pronounce(text) ?? lettersOnly(text);
    const samples = this.#resampler.resample(await this.#sound(numbers, style, signal));
    yield wholeClause(samples, RATE_HZ, words, heardSpans(words));
  }

  /** @returns sound at the model's own rate. */
  async #sound(
    numbers: readonly number[],
    style: SupertonicVoice,
    signal: AbortSignal,
  ): Promise<Float32Array> {
    const { sampleRateHz, stepSamples } = this.#config;
    const { steps } = this.#setup;
    const text = this.#text(numbers);

    signal.throwIfAborted();
    const seconds = await this.#seconds(text, style);
    const count = Math.floor(seconds * sampleRateHz);
    if (!(count > 0)) throw new Error(`Supertonic would speak for ${seconds} s.`);
    const length = Math.ceil(count / stepSamples);

    // The last step of the latent stands for more sound than there is to be, and padding for none.
    return (await this.#render(text, style, { length, steps }, signal)).subarray(0, count);
  }

  /** How long the voice would speak. */
  async #seconds(text: SupertonicInput, style: SupertonicVoice): Promise<number> {
    const timed = await this.#graphs.duration.run({ ...text, style_dp: style.pace });
    return ((timed.first.data as Float32Array)[0] ?? 0) / this.#setup.speed;
  }

  /** @param length of the latent. */
  async #render(
    text: SupertonicInput,
    { sound: style_ttl }: SupertonicVoice,
    { length, steps }: { length: number; steps: number },
    signal: AbortSignal,
  ): Promise<Float32Array> {
    const { encoder, estimator, vocoder } = this.#graphs;
    const { width } = this.#config;
    const padded = this.#padded(length);

    signal.throwIfAborted();
    const text_emb = (await encoder.run({ ...text, style_ttl })).first;
    const noise = normalNoise(width * padded, 1);
    for (let row = 0; row < width; row++) noise.fill(0, row * padded + length, (row + 1) * padded);
    let latent: Tensor = floatTensor(noise, [1, width, padded]);
    for (let step = 0; step < steps; step++) {
      signal.throwIfAborted();
      const outputs = await estimator.run({
        noisy_latent: latent,
        text_emb,
        style_ttl,
        text_mask: text.text_mask,
        latent_mask: mask(length, padded),
        current_step: floatTensor(Float32Array.of(step), [1]),
        total_step: floatTensor(Float32Array.of(steps), [1]),
      });
      latent = outputs.first;
    }
    signal.throwIfAborted();
    return (await vocoder.run({ latent })).first.data as Float32Array;
  }

  #text(numbers: readonly number[]): SupertonicInput {
    const padded = this.#padded(numbers.length);
    const padding = new Array<number>(padded - numbers.length).fill(0);
    return {
      text_ids: integerTensor([...numbers, ...padding], [1, padded]),
      text_mask: mask(numbers.length, padded),
    };
  }

  #padded(length: number): number {
    return this.#setup.buckets.find((bucket) => bucket >= length) ?? length;
  }

  async close(): Promise<void> {
    const { duration, encoder, estimator, vocoder } = this.#graphs;
    await Promise.all([duration, encoder, estimator, vocoder].map((session) => session.close()));
  }
}

/** What counts of a text or a latent: its beginning. */
function mask(length: number, padded: number): Tensor {
  return floatTensor(new Float32Array(padded).fill(1, 0, length), [1, 1, padded]);
}
