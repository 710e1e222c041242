import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { Priority, type SpeechChunk } from '../../../server/engines/engine-types.js';
import { FliteSynthesizer, fliteVoices } from '../../../server/engines/flite-synthesizer.js';
import { createLogger } from '../../../server/log.js';
import { describeSpeechSynthesizer } from '../../contract/speech-synthesizer.contract.js';

const logger = createLogger('silent');
const never = new AbortController().signal;

describeSpeechSynthesizer('Flite', () => FliteSynthesizer.start({ logger }));

describe('Flite', () => {
  let flite: FliteSynthesizer;

  beforeAll(async () => {
    flite = await FliteSynthesizer.start({ voice: 'rms', logger });
  });
  afterAll(() => flite.close());

  const speak = async (text: string): Promise<SpeechChunk[]> => {
    const chunks: SpeechChunk[] = [];
    const request = { text, voice: 'rms', priority: Priority.waiting };
    for await (const chunk of flite.synthesize(request, never)) chunks.push(chunk);
    return chunks;
  };

  it('names its voices, the default first', () => {
    expect(flite.voices[0]).toBe('rms');
    expect([...flite.voices].sort()).toEqual([...fliteVoices].sort());
  });

  it('speaks nothing where there is nothing to be spoken', async () => {
    for (const text of ['', '  ', '...', '😀 —']) expect(await speak(text)).toEqual([]);
  });

  it('finds words that it speaks as several, across sentences and odd signs', async () => {
    const text = "It's $3.50 – or 42 “good” words, naïve friend 😀. Yes. Is it?";
    const [chunk] = await speak(text);
    const words = chunk?.words ?? [];
    expect(words.map((word) => word.text)).toEqual(text.split(' '));
    const lengthOf = (text: string): number => {
      const word = words.find((other) => other.text === text);
      return word ? word.endSample - word.startSample : NaN;
    };
    expect(lengthOf('$3.50')).toBeGreaterThan(2 * lengthOf('or'));
    expect(lengthOf('–')).toBe(0);
    expect(lengthOf('😀.')).toBe(0);
    expect(words.at(-1)?.endSample).toBeGreaterThan(0.9 * (chunk?.samples.length ?? Infinity));
  });
});
