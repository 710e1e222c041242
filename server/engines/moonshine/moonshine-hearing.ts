/**
 * The ear of a streaming Moonshine model: sound becomes frames of 20 ms that stay as they are, so that every sound is
 * looked at only once. After github.com/moonshine-ai/moonshine, core/moonshine-streaming-model.cpp.
 */
import type { Tensor } from 'onnxruntime-node';

import type { OnnxSession } from '../onnx/onnx-session.js';
import { floatTensor, integerTensor, zeros } from '../onnx/tensors.js';
import type { MoonshineConfig } from './moonshine-config.js';
import { Rows } from '../onnx/rows.js';

/** The graphs that are needed for it. */
export interface HearingGraphs {
  frontend: OnnxSession;
  /** Further inputs of the front end: its weights, where they are a graph of their own. */
  frontendWeights: Record<string, Tensor>;
  encoder: OnnxSession;
  adapter: OnnxSession;
}

/** Samples that the front end takes at once: 80 ms, four frames. */
export const CHUNK_SAMPLES = 1280;
/** What the front end keeps from chunk to chunk: it cuts sound into stretches of 80 samples, of which up to 79 are left. */
const LEFT_SAMPLES = 79;
/** Its two convolutions have kernels of 5. */
const CONTEXT_FRAMES = 4;
/** Frames before a new one that a layer of the encoder looks at. */
const LEFT_CONTEXT_PER_LAYER = 16;

/** Inputs of the front end that carry over, each given back under its name with `_out`. */
const STATES = ['sample_buffer', 'sample_len', 'conv1_buffer', 'conv2_buffer', 'frame_count'] as const;
type FrontendState = Record<(typeof STATES)[number], Tensor>;

export const FRONTEND_INPUTS: readonly string[] = ['audio_chunk', ...STATES];

export class MoonshineHearing {
  readonly #graphs: HearingGraphs;
  readonly #config: MoonshineConfig;
  #frontend: FrontendState;
  /** Sound that makes no whole chunk yet. */
  #rest = new Float32Array(0);
  /** What the front end made of the sound: `[frames, encoder_dim]`. */
  #features: Rows;
  /** Frames before the first of `#features`, which no encoder run needs any more. */
  #dropped = 0;
  /** What the decoder is given: `[frames, decoder_dim]`, one for every 20 ms. */
  memory: Rows;

  constructor(graphs: HearingGraphs, config: MoonshineConfig) {
    this.#graphs = graphs;
    this.#config = config;
    this.#features = new Rows(config.encoder_dim);
    this.memory = new Rows(config.decoder_dim);
    this.#frontend = {
      sample_buffer: zeros([1, LEFT_SAMPLES]),
      sample_len: integerTensor([0], [1]),
      conv1_buffer: zeros([1, config.d_model_frontend, CONTEXT_FRAMES]),
      conv2_buffer: zeros([1, config.c1, CONTEXT_FRAMES]),
      frame_count: integerTensor([0], [1]),
    };
  }

  /** Takes the next sound, of any length. */
  async push(samples: Float32Array): Promise<void> {
    const sound = new Float32Array(this.#rest.length + samples.length);
    sound.set(this.#rest);
    sound.set(samples, this.#rest.length);
    let at = 0;
    for (; at + CHUNK_SAMPLES <= sound.length; at += CHUNK_SAMPLES) {
      await this.#hear(sound.slice(at, at + CHUNK_SAMPLES));
    }
    this.#rest = sound.slice(at);
  }

  /** Brings `memory` up to the last frame that what is still to come cannot change. */
  encode(): Promise<void> {
    return this.#encode(this.#frames - this.#config.total_lookahead);
  }

  /** A copy that has heard all of the sound, followed by silence up to a whole chunk; the original can go on. */
  async ended(): Promise<MoonshineHearing> {
    const copy = new MoonshineHearing(this.#graphs, this.#config);
    copy.#frontend = this.#frontend;
    copy.#features = this.#features.copy();
    copy.#dropped = this.#dropped;
    copy.memory = this.memory.copy();
    if (this.#rest.length > 0) {
      const chunk = new Float32Array(CHUNK_SAMPLES);
      chunk.set(this.#rest);
      await copy.#hear(chunk);
    }
    await copy.#encode(copy.#frames);
    return copy;
  }

  get #frames(): number {
    return this.#dropped + this.#features.length;
  }

  async #hear(chunk: Float32Array): Promise<void> {
    const outputs = await this.#graphs.frontend.run({
      ...this.#graphs.frontendWeights,
      ...this.#frontend,
      audio_chunk: floatTensor(chunk, [1, chunk.length]),
    });
    this.#features.push(outputs.floats('features'));
    const states = STATES.map((name) => [name, outputs.tensor(`${name}_out`)]);
    this.#frontend = Object.fromEntries(states) as FrontendState;
  }

  /** @param until frames that are to be in the memory. */
  async #encode(until: number): Promise<void> {
    const { encoder, adapter } = this.#graphs;
    const { encoder_dim: width, depth } = this.#config;
    const done = this.memory.length;
    const fresh = until - done;
    if (fresh <= 0) return;
    const start = Math.max(0, done - LEFT_CONTEXT_PER_LAYER * depth);
    this.#features.drop(start - this.#dropped);
    this.#dropped = start;
    const features = floatTensor(this.#features.values, [1, this.#features.length, width]);
    const encoded = (await encoder.run({ features })).floats('encoded');
    const rows = encoded.slice((done - start) * width, (until - start) * width);
    const memory = await adapter.run({
      encoded: floatTensor(rows, [1, fresh, width]),
      pos_offset: integerTensor([done], [1]),
    });
    this.memory.push(memory.floats('memory'));
  }
}
