/**
 * Pocket TTS: speaks frame by frame, 80 ms at a time, each of which can be heard before the next is made.
 * https://github.com/kyutai-labs/pocket-tts; the loop is that of sherpa-onnx (offline-tts-pocket-impl.h) and of
 * github.com/soniqo/speech-core (onnx_pocket_tts.cpp), which made the exports.
 */
import { toInt16 } from '../../media/pcm.js';
import { ModelUnusableError } from '../../errors.js';
import type { SpeechChunk } from '../engine-types.js';
import { withGraphs } from '../onnx/graphs.js';
import { OnnxSession, type OnnxPlace } from '../onnx/onnx-session.js';
import { floatTensor, integerTensor, zeros } from '../onnx/tensors.js';
import { Pronouncer } from '../pronunciation/pronouncer.js';
import { speechGain } from '../speech-shaping.js';
import { StreamShaper } from '../synthesis/stream-shaper.js';
import type { VoiceModel } from '../synthesis/voice-model.js';
import { WordPacer } from '../synthesis/word-pacer.js';
import { normalNoise } from '../synthesis/normal-noise.js';
import { pocketText } from './pocket-text.js';
import { RecurrentGraph, type GraphState } from './recurrent-graph.js';
import { UnigramTokenizer } from './unigram-tokenizer.js';

export type PocketSetup = {
  files: {
    main: string;
    flow: string;
    decoder: string;
    conditioner: string;
    voice: string;
    vocabulary: string;
    scores: string;
  };
  /** Name of the one voice. */
  name: string;
  /** Steps from noise to a frame; more take longer and sound a little better. */
  flowSteps: number;
} & OnnxPlace;

interface PocketGraphs {
  main: RecurrentGraph;
  flow: OnnxSession;
  decoder: RecurrentGraph;
  conditioner: OnnxSession;
}

const RATE_HZ = 24_000;
/** Numbers that describe a frame. */
const LATENT = 32;
const EMBEDDING = 1024;
/** Of the noise that a frame begins as. */
const VARIANCE = 0.7;
/** Beyond it the model says that the clause ends. */
const END_SCORE = -4;
/** 40 seconds: a clause that does not end by itself is ended. */
const MOST_FRAMES = 500;
/** Its pace and loudness are learnt from it. */
const SAMPLE = 'The quick brown fox jumps over the lazy dog, and all of the others look on.';
/** How much the pace of the last clause counts. */
const PACE_SHARE = 0.3;

export class PocketModel implements VoiceModel {
  readonly sampleRateHz = RATE_HZ;
  readonly voices: readonly string[];
  readonly #graphs: PocketGraphs;
  readonly #tokenizer: UnigramTokenizer;
  readonly #pronouncer: Pronouncer;
  readonly #flowSteps: number;
  /** The state after the model has heard the voice: where every clause begins. */
  readonly #voice: GraphState;
  /** What brings it to the loudness of all voices. */
  #gain = 1;
  /** Its samples for a millisecond of Flite's. */
  #samplesPerMs = RATE_HZ / 1000;

  private constructor(
    { name, flowSteps }: PocketSetup,
    graphs: PocketGraphs,
    voice: GraphState,
    tokenizer: UnigramTokenizer,
    pronouncer: Pronouncer,
  ) {
    this.voices = [name];
    this.#flowSteps = flowSteps;
    this.#graphs = graphs;
    this.#voice = voice;
    this.#tokenizer = tokenizer;
    this.#pronouncer = pronouncer;
  }

  /** @throws ModelUnusableError */
  static async load(setup: PocketSetup): Promise<PocketModel> {
    const { files, threads, device } = setup;
    const place = { ...(threads && { threads }), ...(device && { device }) };
    // Frame by frame a graphics card would spend its time on copies of their state.
    const byFrame: OnnxPlace = { ...place, device: 'cpu' };
    const tokenizer = await UnigramTokenizer.read(files.vocabulary, files.scores);
    const pronouncer = await Pronouncer.load();
    return withGraphs(async (open) => {
      const graphs = {
        main: new RecurrentGraph(await open(files.main, ['sequence'], byFrame), {
          inputs: 2,
          outputs: 2,
        }),
        flow: await open(files.flow, ['c', 's', 't', 'x'], place),
        decoder: new RecurrentGraph(await open(files.decoder, ['latent'], byFrame), {
          inputs: 1,
          outputs: 1,
        }),
        conditioner: await open(files.conditioner, ['token_ids'], place),
      };
      const voice = await hearVoice(files.voice, graphs.main, place);
      const model = new PocketModel(setup, graphs, voice, tokenizer, pronouncer);
      await model.#learnVoice();
      return model;
    });
  }

  async *speak(text: string, _voice: string, signal: AbortSignal): AsyncGenerator<SpeechChunk> {
    const words = this.#pronouncer.pronounce(text);
    if (words.every(({ spoken }) => spoken.length === 0)) return;
    const shaper = new StreamShaper(RATE_HZ, this.#gain);
    const pacer = new WordPacer(words, this.#samplesPerMs);
    let length = 0;
    let held: Int16Array[] = [];
    for await (const { samples, ending } of this.#frames(text, signal)) {
      const ready = shaper.push(samples);
      // The last frames are one chunk, in which the words that are left find their places.
      if (ending) held.push(ready);
      else if (ready.length > 0) {
        length += ready.length;
        yield { samples: ready, words: pacer.take(length) };
      }
    }
    held = [...held, shaper.end()];
    const last = new Int16Array(held.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of held) {
      last.set(part, at);
      at += part.length;
    }
    yield { samples: last, words: pacer.rest(length, length + last.length) };
    this.#learnPace(words, length + last.length);
  }

  /** Frames of 80 ms as they are made. `ending`: the model has said that the clause ends. */
  async *#frames(
    clause: string,
    signal: AbortSignal,
  ): AsyncGenerator<{ samples: Float32Array; ending: boolean }> {
    const { main, decoder, conditioner } = this.#graphs;
    const { text, framesAfterEnd } = pocketText(clause);
    const tokens = this.#tokenizer.encode(text);
    signal.throwIfAborted();
    const read = await conditioner.run({ token_ids: integerTensor(tokens, [1, tokens.length]) });
    let state = (await main.step([zeros([1, 0, LATENT]), read.first], this.#voice)).state;
    let sound = decoder.start();
    // Nothing was spoken yet.
    let frame = new Float32Array(LATENT).fill(NaN);
    let endAt: number | undefined;
    for (let step = 0; step < MOST_FRAMES; step++) {
      signal.throwIfAborted();
      const next = await main.step([floatTensor(frame, [1, 1, LATENT]), zeros([1, 0, EMBEDDING])], state);
      state = next.state;
      const [condition, score] = next.own;
      if (!condition || !score) throw new ModelUnusableError('Pocket TTS gave no frame.');
      if (endAt === undefined && ((score.data as Float32Array)[0] ?? 0) > END_SCORE) endAt = step;
      if (endAt !== undefined && step >= endAt + framesAfterEnd) return;
      frame = await this.#flow(condition);
      const heard = await decoder.step([floatTensor(frame, [1, 1, LATENT])], sound);
      sound = heard.state;
      yield { samples: heard.own[0]?.data as Float32Array, ending: endAt !== undefined };
    }
  }

  /** From noise to a frame. */
  async #flow(condition: Parameters<RecurrentGraph['step']>[0][number]): Promise<Float32Array<ArrayBuffer>> {
    const frame = normalNoise(LATENT, Math.sqrt(VARIANCE));
    const steps = this.#flowSteps;
    for (let step = 0; step < steps; step++) {
      const outputs = await this.#graphs.flow.run({
        c: condition,
        s: floatTensor(Float32Array.of(step / steps), [1, 1]),
        t: floatTensor(Float32Array.of((step + 1) / steps), [1, 1]),
        x: floatTensor(frame, [1, LATENT]),
      });
      const direction = outputs.first.data as Float32Array;
      for (let i = 0; i < LATENT; i++) frame[i] = (frame[i] ?? 0) + (direction[i] ?? 0) / steps;
    }
    return frame;
  }

  /** Speaks once to itself: how loud and how fast it is has an influence on what callers are given. */
  async #learnVoice(): Promise<void> {
    const parts: number[] = [];
    for await (const { samples } of this.#frames(SAMPLE, new AbortController().signal))
      parts.push(...samples);
    const sound = toInt16(Float32Array.from(parts));
    this.#gain = speechGain(sound, RATE_HZ);
    const words = this.#pronouncer.pronounce(SAMPLE);
    const shaper = new StreamShaper(RATE_HZ, this.#gain);
    const length = shaper.push(Float32Array.from(parts)).length + shaper.end().length;
    this.#samplesPerMs = length / spokenMs(words);
  }

  #learnPace(words: Parameters<typeof spokenMs>[0], samples: number): void {
    const pace = samples / spokenMs(words);
    this.#samplesPerMs += PACE_SHARE * (pace - this.#samplesPerMs);
  }

  async close(): Promise<void> {
    const { main, flow, decoder, conditioner } = this.#graphs;
    await Promise.all([main, flow, decoder, conditioner].map((graph) => graph.close()));
  }
}

/** Has the model hear the voice that it is to speak with. */
async function hearVoice(path: string, main: RecurrentGraph, place: OnnxPlace): Promise<GraphState> {
  const session = await OnnxSession.open(path, ['audio'], place);
  try {
    // The voice is inside of the graph; the sound that it takes is not looked at.
    const { first } = await session.run({ audio: zeros([1, 1, 1]) });
    return (await main.step([zeros([1, 0, LATENT]), first], main.start())).state;
  } finally {
    await session.close();
  }
}

/** How long Flite would speak. */
function spokenMs(words: readonly { startMs: number | undefined; endMs: number | undefined }[]): number {
  const spoken = words.filter(({ startMs }) => startMs !== undefined);
  return Math.max(1, (spoken.at(-1)?.endMs ?? 0) - (spoken[0]?.startMs ?? 0));
}
