/** Kokoro: sounds and a voice in, speech out, a clause at a time. https://huggingface.co/hexgrad/Kokoro-82M */
import { ModelUnusableError } from '../../errors.js';
import type { SpeechChunk } from '../engine-types.js';
import { OnnxSession, type OnnxOutputs, type OnnxPlace } from '../onnx/onnx-session.js';
import { floatTensor, integerTensor } from '../onnx/tensors.js';
import { Pronouncer } from '../pronunciation/pronouncer.js';
import type { VoiceModel } from '../synthesis/voice-model.js';
import { heardSpans, wholeClause, type WordSpan } from '../synthesis/whole-clause.js';
import { KokoroAlphabet, KokoroVoice, STYLE_SIZE } from './kokoro-files.js';
import { kokoroTexts, type KokoroText } from './kokoro-text.js';

export type KokoroSetup = {
  model: string;
  tokenizer: string;
  /** Files by name, the default first. */
  voices: Record<string, string>;
  /** 1 is the voice's own pace. */
  speed: number;
} & OnnxPlace;

const RATE_HZ = 24_000;

export class KokoroModel implements VoiceModel {
  readonly sampleRateHz = RATE_HZ;
  readonly voices: readonly string[];
  readonly #session: OnnxSession;
  readonly #alphabet: KokoroAlphabet;
  readonly #styles: ReadonlyMap<string, KokoroVoice>;
  readonly #pronouncer: Pronouncer;
  readonly #speed: number;

  private constructor(
    session: OnnxSession,
    alphabet: KokoroAlphabet,
    styles: ReadonlyMap<string, KokoroVoice>,
    pronouncer: Pronouncer,
    speed: number,
  ) {
    this.#session = session;
    this.#alphabet = alphabet;
    this.#styles = styles;
    this.#pronouncer = pronouncer;
    this.#speed = speed;
    this.voices = [...styles.keys()];
  }

  /** @throws ModelUnusableError */
  static async load({ model, tokenizer, voices, speed, ...place }: KokoroSetup): Promise<KokoroModel> {
    const alphabet = await KokoroAlphabet.read(tokenizer);
    const styles = new Map<string, KokoroVoice>();
    for (const [name, path] of Object.entries(voices)) styles.set(name, await KokoroVoice.read(path));
    const pronouncer = await Pronouncer.load();
    const session = await OnnxSession.open(model, ['input_ids', 'style', 'speed'], place);
    return new KokoroModel(session, alphabet, styles, pronouncer, speed);
  }

  async *speak(text: string, voice: string, signal: AbortSignal): AsyncGenerator<SpeechChunk> {
    const style = this.#styles.get(voice);
    if (!style) throw new ModelUnusableError(`Kokoro has no voice ${voice}.`);
    let before = 0;
    for (const part of kokoroTexts(this.#pronouncer.pronounce(text), this.#alphabet)) {
      signal.throwIfAborted();
      const { tokens } = part;
      const outputs = await this.#session.run({
        // The model was trained with a sign that is none at either end.
        input_ids: integerTensor([0, ...tokens, 0], [1, tokens.length + 2]),
        style: floatTensor(style.style(tokens.length), [1, STYLE_SIZE]),
        speed: floatTensor(Float32Array.of(this.#speed), [1]),
      });
      const chunk = this.#toChunk(part, outputs);
      for (const word of chunk.words) {
        word.startSample += before;
        word.endSample += before;
      }
      before += chunk.samples.length;
      yield chunk;
    }
  }

  #toChunk(part: KokoroText, outputs: OnnxOutputs): SpeechChunk {
    const samples = outputs.floats('waveform');
    const durations = this.#durations(outputs, part.tokens.length);
    if (!durations) return wholeClause(samples, RATE_HZ, part.words, heardSpans(part.words));
    // Where each sign begins; the first one is that before the clause.
    const starts = [0];
    for (const duration of durations) starts.push((starts.at(-1) ?? 0) + duration);
    const words = part.spans.map((signs) => signs && span(starts[1 + signs.start], starts[1 + signs.end]));
    return wholeClause(samples, RATE_HZ, part.words, { words, length: starts.at(-1) ?? 0, ofSpeech: false });
  }

  /** How long every sign lasts, in some exports; in a unit that only the length of the sound tells. */
  #durations(outputs: OnnxOutputs, tokens: number): number[] | undefined {
    const name = this.#session.outputs.find((candidate) => candidate !== 'waveform');
    const data = name === undefined ? undefined : outputs.tensor(name).data;
    if (data?.length !== tokens + 2) return undefined;
    return Array.from(data as ArrayLike<number | bigint>, Number);
  }

  async close(): Promise<void> {
    await this.#session.close();
  }
}

function span(start: number | undefined, end: number | undefined): WordSpan | undefined {
  return start === undefined || end === undefined ? undefined : { start, end };
}
