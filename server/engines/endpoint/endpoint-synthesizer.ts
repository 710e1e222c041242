/** A synthesiser behind OpenAI's audio speech: Speaches, Kokoro-FastAPI, or a hosted one. */
import type { Config } from '../../config.js';
import { ConfigurationError, EngineFailedError } from '../../errors.js';
import { Priority, type SpeakingRateHz, type SpeechChunk, type SpeechSynthesizer } from '../engine-types.js';
import type { RunnerContext } from '../runners.js';
import { StreamedSpeech, unknownVoice, type KnownVoice } from '../streamed-speech.js';
import { openEndpoint } from './endpoint-settings.js';
import type { HttpEndpoint } from './http-endpoint.js';

const name = 'synthesizerEndpoint';

/** The runner of `synthesizer.model: endpoint`. */
export function runEndpointSynthesizer({ config }: RunnerContext): Promise<EndpointSynthesizer> {
  return Promise.resolve(new EndpointSynthesizer(config.synthesizerEndpoint, config.synthesizer.voice));
}

export class EndpointSynthesizer implements SpeechSynthesizer {
  readonly name: string;
  readonly sampleRateHz: SpeakingRateHz;
  readonly voices: readonly string[];
  readonly #endpoint: HttpEndpoint;
  readonly #known: Map<string, KnownVoice>;

  /**
   * @param voice the default one; empty: the first of the settings.
   * @throws ConfigurationError when no address or no voice is set.
   */
  constructor(settings: Config['synthesizerEndpoint'], voice = '') {
    const voices = settings.voices
      .split(',')
      .map((one) => one.trim())
      .filter(Boolean);
    if (voices.length === 0)
      throw new ConfigurationError(`${name}.voices must name the endpoint's voices, such as "alloy, nova".`);
    this.name = settings.model;
    this.sampleRateHz = settings.sampleRateHz;
    this.voices = [...voices].sort((a, b) => Number(b === voice) - Number(a === voice));
    this.#known = new Map(voices.map((one) => [one, unknownVoice(settings.sampleRateHz)]));
    this.#endpoint = openEndpoint(name, settings);
  }

  /** Has the default voice say something: whoever cannot be reached says so before the first call. */
  async warm(signal: AbortSignal): Promise<void> {
    const [voice = ''] = this.voices;
    const text = 'The quick brown fox jumps over the lazy dog.';
    for await (const chunk of this.synthesize({ text, voice, priority: Priority.spare }, signal)) void chunk;
  }

  async *synthesize(
    { text, voice }: { text: string; voice: string; priority: Priority },
    signal: AbortSignal,
  ): AsyncGenerator<SpeechChunk> {
    const known = this.#known.get(voice);
    if (known === undefined)
      throw new EngineFailedError(`${name} has no voice "${voice}", only ${this.voices.join(', ')}.`);
    const speech = new StreamedSpeech(text, this.sampleRateHz, known);
    const body = { model: this.name, voice, input: text, response_format: 'pcm' };
    let odd = Buffer.alloc(0);
    for await (const bytes of this.#endpoint.post('audio/speech', body, signal)) {
      // A sample may be cut between two pieces.
      const whole = Buffer.concat([odd, bytes]);
      odd = whole.subarray(whole.length & ~1);
      const chunk = speech.push(samplesOf(whole.subarray(0, whole.length & ~1)));
      if (chunk !== undefined) yield chunk;
    }
    const rest = speech.end();
    if (rest !== undefined) yield rest;
  }

  close(): Promise<void> {
    return this.#endpoint.close();
  }
}

/** 16-bit little-endian. */
function samplesOf(bytes: Buffer): Int16Array {
  return Int16Array.from({ length: bytes.length / 2 }, (_, index) => bytes.readInt16LE(2 * index));
}
