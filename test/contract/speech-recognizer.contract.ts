/** What every speech recogniser must do, the fake included. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { deferred } from '../../server/engines/deferred.js';
import type { RecognizerHandle, SpeechRecognizer, Utterance } from '../../server/engines/engine-types.js';

export interface RecognizerUnderTest {
  start(): Promise<SpeechRecognizer>;
  /** Two sentences that it understands. */
  sentences: () => Promise<readonly [Sentence, Sentence]>;
  /** Called before utterances begin with what they will say, in order, for one that has to be told. */
  expect?: (recognizer: SpeechRecognizer, ...sentences: Sentence[]) => void;
}

export interface Sentence {
  words: string;
  /** At 16 kHz. */
  speech: Int16Array;
}

/** What arrives at once in the tests, samples: one packet. */
const PACKET_SAMPLES = 320;

export function describeSpeechRecognizer(name: string, underTest: RecognizerUnderTest): void {
  describe(`speech recogniser contract: ${name}`, () => {
    const never = new AbortController().signal;
    const handles: RecognizerHandle[] = [];
    let recognizer: SpeechRecognizer;
    let first: Sentence;
    let second: Sentence;

    beforeAll(async () => {
      [first, second] = await underTest.sentences();
      recognizer = await underTest.start();
      await recognizer.warm(never);
    });
    afterEach(async () => {
      await Promise.all(handles.splice(0).map((handle) => handle.close()));
    });
    afterAll(async () => {
      await recognizer.close();
      await recognizer.close();
    });

    const open = (): RecognizerHandle => {
      const handle = recognizer.open();
      handles.push(handle);
      return handle;
    };
    const tell = (...sentences: Sentence[]): void => underTest.expect?.(recognizer, ...sentences);
    const push = (utterance: Utterance, { speech }: Sentence): void => {
      for (let at = 0; at < speech.length; at += PACKET_SAMPLES) {
        utterance.push(speech.subarray(at, at + PACKET_SAMPLES));
      }
    };

    it('hears the words, first and later utterances of a caller alike', async () => {
      const caller = open();
      tell(first, second);
      for (const sentence of [first, second]) {
        const utterance = caller.begin(() => undefined, never);
        push(utterance, sentence);
        await expect(utterance.finish()).resolves.toBe(sentence.words);
      }
    });

    it('tells the words so far when they change, and none after the end', async () => {
      tell(first);
      const partials: string[] = [];
      const told = deferred<void>();
      const onPartial = (words: string): void => {
        partials.push(words);
        told.resolve();
      };
      const utterance = open().begin(onPartial, never);
      push(utterance, first);
      await told.promise;
      await utterance.finish();
      const known = [...partials];
      expect(known.every((words, index) => words !== known[index - 1])).toBe(true);
      await new Promise((resolve) => setImmediate(resolve));
      expect(partials).toEqual(known);
    });

    it('takes no speech after the end and gives the same words again', async () => {
      const caller = open();
      tell(first);
      const utterance = caller.begin(() => undefined, never);
      push(utterance, first);
      const words = utterance.finish();
      push(utterance, second);
      await expect(words).resolves.toBe(first.words);
      await expect(utterance.finish()).resolves.toBe(first.words);
    });

    it('hears nothing in an utterance without speech', async () => {
      const utterance = open().begin(() => undefined, never);
      await expect(utterance.finish()).resolves.toBe('');
    });

    it('does not mistake one caller for another', async () => {
      tell(first, second);
      const utterances = [first, second].map(() => open().begin(() => undefined, never));
      for (const [index, sentence] of [first, second].entries())
        push(utterances[index] as Utterance, sentence);
      const words = await Promise.all(utterances.map((utterance) => utterance.finish()));
      expect(words).toEqual([first.words, second.words]);
    });

    it('serves more callers at once than it has places', async () => {
      const sentences = [first, second, first, second];
      tell(...sentences);
      const utterances = sentences.map(() => open().begin(() => undefined, never));
      for (const [index, sentence] of sentences.entries()) push(utterances[index] as Utterance, sentence);
      const words = await Promise.all(utterances.map((utterance) => utterance.finish()));
      expect(words).toEqual(sentences.map((sentence) => sentence.words));
    });

    it('ends an utterance without a result when its signal aborts', async () => {
      const caller = open();
      tell(first, second);
      const abort = new AbortController();
      const given = caller.begin(() => undefined, abort.signal);
      push(given, first);
      const words = given.finish();
      abort.abort();
      await expect(words).rejects.toMatchObject({ name: 'AbortError' });
      const next = caller.begin(() => undefined, never);
      push(next, second);
      await expect(next.finish()).resolves.toBe(second.words);
    });

    it('begins nothing with a signal that has aborted', async () => {
      const utterance = open().begin(() => undefined, AbortSignal.abort());
      push(utterance, first);
      await expect(utterance.finish()).rejects.toMatchObject({ name: 'AbortError' });
    });

    it('ends open utterances when their caller leaves', async () => {
      const caller = open();
      const utterance = caller.begin(() => undefined, never);
      push(utterance, first);
      const words = utterance.finish();
      const ended = expect(words).rejects.toMatchObject({ name: 'AbortError' });
      await caller.close();
      await caller.close();
      await ended;
    });
  });
}
