/** Piper: small voices in many languages, a clause at a time. https://github.com/rhasspy/piper */
import { ModelUnusableError } from '../../errors.js';
import type { SpeakingRateHz, SpeechChunk } from '../engine-types.js';
import { OnnxSession, type OnnxPlace } from '../onnx/onnx-session.js';
import { floatTensor, integerTensor } from '../onnx/tensors.js';
import { Espeak } from '../pronunciation/espeak.js';
import { espeakAlphabet, spell } from '../pronunciation/phonetic-spelling.js';
import { Pronouncer } from '../pronunciation/pronouncer.js';
import { heardSpans, lettersOnly, wholeClause, type HeardWord } from '../synthesis/whole-clause.js';
import { Resampler } from '../synthesis/resample.js';
import type { VoiceModel } from '../synthesis/voice-model.js';
import { encode, readPiperConfig, type PiperConfig } from './piper-config.js';

export type PiperSetup = {
  model: string;
  config: string;
  /** Whose knowledge of pronunciation is used; Flite's is of English only. */
  pronunciation: 'flite' | 'espeak-ng';
  /** Name of the voice, for models of one speaker. */
  name: string;
} & OnnxPlace;

/** A clause in sounds, with the words that they belong to. */
type Read = (text: string) => Promise<{ sounds: string; words: HeardWord[] }>;

export class PiperModel implements VoiceModel {
  readonly sampleRateHz: SpeakingRateHz;
  readonly voices: readonly string[];
  readonly #session: OnnxSession;
  readonly #config: PiperConfig;
  readonly #read: Read;
  readonly #resampler: Resampler;
  readonly #speakers: ReadonlyMap<string, number>;

  private constructor(session: OnnxSession, config: PiperConfig, read: Read, name: string) {
    this.#session = session;
    this.#config = config;
    this.#read = read;
    this.sampleRateHz = speakingRate(config.audio.sample_rate);
    this.#resampler = new Resampler(config.audio.sample_rate, this.sampleRateHz);
    const speakers = Object.entries(config.speaker_id_map);
    this.#speakers = new Map(config.num_speakers > 1 && speakers.length > 0 ? speakers : [[name, 0]]);
    this.voices = [...this.#speakers.keys()];
  }

  /** @throws ModelUnusableError */
  static async load({ model, config: path, pronunciation, name, ...place }: PiperSetup): Promise<PiperModel> {
    const config = await readPiperConfig(path);
    const read = await reader(config, pronunciation);
    const inputs = ['input', 'input_lengths', 'scales', ...(config.num_speakers > 1 ? ['sid'] : [])];
    return new PiperModel(await OnnxSession.open(model, inputs, place), config, read, name);
  }

  async *speak(text: string, voice: string, signal: AbortSignal): AsyncGenerator<SpeechChunk> {
    const speaker = this.#speakers.get(voice);
    if (speaker === undefined) throw new ModelUnusableError(`Piper has no voice ${voice}.`);
    const { sounds, words } = await this.#read(text);
    if (sounds === '') return;
    signal.throwIfAborted();
    const { inference, num_speakers: speakers } = this.#config;
    const numbers = encode(sounds, this.#config);
    const scales = Float32Array.of(inference.noise_scale, inference.length_scale, inference.noise_w);
    const outputs = await this.#session.run({
      input: integerTensor(numbers, [1, numbers.length]),
      input_lengths: integerTensor([numbers.length], [1]),
      scales: floatTensor(scales, [3]),
      ...(speakers > 1 && { sid: integerTensor([speaker], [1]) }),
    });
    const samples = this.#resampler.resample(outputs.first.data as Float32Array);
    yield wholeClause(samples, this.sampleRateHz, words, heardSpans(words));
  }

  async close(): Promise<void> {
    await this.#session.close();
  }
}

async function reader(config: PiperConfig, pronunciation: PiperSetup['pronunciation']): Promise<Read> {
  if (config.phoneme_type === 'text') {
    return (text) => Promise.resolve({ sounds: text.toLowerCase(), words: lettersOnly(text) });
  }
  if (pronunciation === 'espeak-ng') {
    const espeak = await Espeak.load(config.espeak.voice);
    return async (text) => ({ sounds: await espeak.pronounce(text), words: lettersOnly(text) });
  }
  const pronouncer = await Pronouncer.load();
  return (text) => {
    const words = pronouncer.pronounce(text);
    const sounds = words
      .filter(({ spoken }) => spoken.length > 0)
      .map(
        ({ spoken, plain, mark }) =>
          spoken.map((word) => spell(word, plain, espeakAlphabet)).join(' ') + mark,
      );
    return Promise.resolve({ sounds: sounds.join(' '), words });
  };
}

/** The lowest of the rates of calls that loses nothing. */
function speakingRate(rateHz: number): SpeakingRateHz {
  const rates = [8000, 12_000, 16_000, 24_000, 48_000] as const;
  return rates.find((rate) => rate >= rateHz) ?? 48_000;
}
