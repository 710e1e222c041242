/**
 * Streaming Moonshine (version 2): hears sound as it comes and writes what it heard whenever it is asked; after the end
 * of speech only its last frames and the words that they change are left to do. https://github.com/moonshine-ai/moonshine
 */
import type { Tensor } from 'onnxruntime-node';

import { ModelUnusableError } from '../../errors.js';
import { withGraphs } from '../onnx/graphs.js';
import { OnnxSession, type OnnxPlace } from '../onnx/onnx-session.js';
import type { SpeechModel, SpeechStream } from '../recognition/speech-model.js';
import { CrossCache } from './cross-cache.js';
import { MoonshineVocabulary, readMoonshineConfig, type MoonshineConfig } from './moonshine-config.js';
import { decode, DECODER_INPUTS } from './moonshine-decoder.js';
import { FRONTEND_INPUTS, MoonshineHearing, type HearingGraphs } from './moonshine-hearing.js';

/** Paths of its files. */
export interface MoonshineFiles {
  frontend: string;
  /** Since August 2026 the front end's weights are a graph of their own. */
  frontendWeights?: string | undefined;
  encoder: string;
  adapter: string;
  crossKv: string;
  decoder: string;
  config: string;
  vocabulary: string;
}

export type MoonshineSetup = { files: MoonshineFiles } & OnnxPlace;

interface MoonshineGraphs extends HearingGraphs {
  crossKv: OnnxSession;
  decoder: OnnxSession;
}

export class MoonshineModel implements SpeechModel {
  readonly config: MoonshineConfig;
  readonly graphs: MoonshineGraphs;
  readonly #vocabulary: MoonshineVocabulary;

  private constructor(config: MoonshineConfig, vocabulary: MoonshineVocabulary, graphs: MoonshineGraphs) {
    this.config = config;
    this.graphs = graphs;
    this.#vocabulary = vocabulary;
  }

  /** @throws ModelUnusableError */
  static async load({ files, ...place }: MoonshineSetup): Promise<MoonshineModel> {
    const [config, vocabulary] = await Promise.all([
      readMoonshineConfig(files.config),
      MoonshineVocabulary.read(files.vocabulary),
    ]);
    if (vocabulary.size > config.vocab_size) {
      throw new ModelUnusableError(
        `${files.vocabulary} has ${vocabulary.size} tokens, ${files.config} speaks of ${config.vocab_size}.`,
      );
    }
    return withGraphs(async (open) => {
      const graphs = {
        frontend: await open(files.frontend, FRONTEND_INPUTS, place),
        frontendWeights: {},
        encoder: await open(files.encoder, ['features'], place),
        adapter: await open(files.adapter, ['encoded', 'pos_offset'], place),
        crossKv: await open(files.crossKv, ['memory'], place),
        // Token by token a graphics card would spend its time on copies.
        decoder: await open(files.decoder, DECODER_INPUTS, { ...place, device: 'cpu' }),
      };
      const frontendWeights = await readWeights(graphs.frontend, files, place);
      return new MoonshineModel(config, vocabulary, { ...graphs, frontendWeights });
    });
  }

  open(): SpeechStream {
    const { graphs, config } = this;
    const hearing = new MoonshineHearing(graphs, config);
    const cross = new CrossCache(graphs.crossKv, config);
    let tokens: number[] = [];
    return {
      push: (samples) => hearing.push(samples),
      words: async (final, signal) => {
        await hearing.encode();
        await cross.follow(hearing.memory);
        let heard = { cross, frames: hearing.memory.length };
        if (final) {
          // The frames at the end may still change when the caller goes on after all.
          signal.throwIfAborted();
          const { memory } = await hearing.ended();
          heard = { cross: cross.copy(), frames: memory.length };
          await heard.cross.follow(memory);
        }
        if (heard.frames === 0) return '';
        tokens = await decode(graphs.decoder, config, heard, tokens, signal);
        return this.#vocabulary.text(tokens);
      },
    };
  }

  async close(): Promise<void> {
    const { frontend, encoder, adapter, crossKv, decoder } = this.graphs;
    await Promise.all([frontend, encoder, adapter, crossKv, decoder].map((session) => session.close()));
  }
}

/** What the front end is given besides sound and state: all that the graph of its weights puts out. */
async function readWeights(
  frontend: OnnxSession,
  { frontend: path, frontendWeights: weightsPath }: MoonshineFiles,
  place: OnnxPlace,
): Promise<Record<string, Tensor>> {
  const wanted = frontend.inputs.filter((name) => !FRONTEND_INPUTS.includes(name));
  if (wanted.length === 0) return {};
  if (weightsPath === undefined)
    throw new ModelUnusableError(`${path} needs weights from another file: ${wanted.join(', ')}.`);
  const session = await OnnxSession.open(weightsPath, [], place);
  try {
    const outputs = await session.run({});
    return Object.fromEntries(wanted.map((name) => [name, outputs.tensor(name)]));
  } finally {
    await session.close();
  }
}
