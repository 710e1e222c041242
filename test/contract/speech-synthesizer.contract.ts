/** What every speech synthesiser must do, the fake included. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { Priority, type SpeechChunk, type SpeechSynthesizer } from '../../server/engines/engine-types.js';

const CLAUSE = 'Hello Anna, here are "forty-two" good words.';
/** Softer than any speech, of 32 768. */
const SILENCE = 300;

/** @param start builds a synthesiser that nobody else uses. */
export function describeSpeechSynthesizer(name: string, start: () => Promise<SpeechSynthesizer>): void {
  describe(`speech synthesiser contract: ${name}`, () => {
    const never = new AbortController().signal;
    let synthesizer: SpeechSynthesizer;

    beforeAll(async () => {
      synthesizer = await start();
      await synthesizer.warm(never);
    });
    afterAll(async () => {
      await synthesizer.close();
      await synthesizer.close();
    });

    const request = (
      text: string,
      voice = synthesizer.voices[0] ?? '',
    ): Parameters<SpeechSynthesizer['synthesize']>[0] => ({
      text,
      voice,
      priority: Priority.waiting,
    });
    const speak = async (text: string, voice?: string): Promise<SpeechChunk> => {
      const chunks: SpeechChunk[] = [];
      for await (const chunk of synthesizer.synthesize(request(text, voice), never)) {
        const from = chunks.reduce((sum, { samples }) => sum + samples.length, 0);
        expect(chunk.samples.length).toBeGreaterThan(0);
        for (const { startSample } of chunk.words) {
          expect(startSample).toBeGreaterThanOrEqual(from);
          expect(startSample).toBeLessThan(from + chunk.samples.length);
        }
        chunks.push(chunk);
      }
      return {
        samples: Int16Array.from(chunks.flatMap(({ samples }) => [...samples])),
        words: chunks.flatMap(({ words }) => words),
      };
    };

    it('speaks at a pace that people speak at', async () => {
      const { samples } = await speak(CLAUSE);
      const seconds = samples.length / synthesizer.sampleRateHz;
      expect(seconds).toBeGreaterThan(1);
      expect(seconds).toBeLessThan(6);
    });

    it('says where every word is, as it was written, one after the other', async () => {
      const { samples, words } = await speak(CLAUSE);
      expect(words.map(({ text }) => text)).toEqual(CLAUSE.split(' '));
      let from = 0;
      for (const { startSample, endSample } of words) {
        expect(startSample).toBeGreaterThanOrEqual(from);
        expect(endSample).toBeGreaterThan(startSample);
        from = endSample;
      }
      expect(from).toBeLessThanOrEqual(samples.length);
    });

    it('leaves no silence at either end', async () => {
      const { samples } = await speak(CLAUSE);
      const tenth = synthesizer.sampleRateHz / 10;
      for (const end of [samples.subarray(0, tenth), samples.subarray(-tenth)]) {
        expect(end.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0)).toBeGreaterThan(SILENCE);
      }
    });

    it('speaks with every voice, about equally loud', async () => {
      const levels: number[] = [];
      for (const voice of synthesizer.voices) {
        const { samples } = await speak(CLAUSE, voice);
        const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
        levels.push(10 * Math.log10(power));
      }
      expect(Math.max(...levels) - Math.min(...levels)).toBeLessThan(4);
    });

    it('refuses a voice that it does not have', async () => {
      await expect(speak(CLAUSE, 'nobody')).rejects.toThrow('nobody');
    });

    it('speaks for several callers at once', async () => {
      const [one, two] = await Promise.all([speak('One clause.'), speak('And another one here.')]);
      expect(one.words).toHaveLength(2);
      expect(two.words).toHaveLength(4);
    });

    it('speaks nothing for a signal that has aborted', async () => {
      const speech = synthesizer.synthesize(request(CLAUSE), AbortSignal.abort());
      await expect(speech[Symbol.asyncIterator]().next()).rejects.toMatchObject({ name: 'AbortError' });
    });

    it('stops when its signal aborts', async () => {
      const abort = new AbortController();
      const speech = synthesizer.synthesize(request(CLAUSE), abort.signal);
      const next = speech[Symbol.asyncIterator]().next();
      abort.abort();
      await expect(next).rejects.toMatchObject({ name: 'AbortError' });
    });

    it('is of use again after a listener who left early', async () => {
      for await (const chunk of synthesizer.synthesize(request(CLAUSE), never)) {
        expect(chunk.samples.length).toBeGreaterThan(0);
        break;
      }
      expect((await speak('Still here.')).words).toHaveLength(2);
    });
  });
}
