import { execFileSync } from 'node:child_process';

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { deferred } from '../../../server/engines/deferred.js';
import { FliteProgram } from '../../../server/engines/flite-program.js';
import { PocketSphinxRecognizer } from '../../../server/engines/pocketsphinx-recognizer.js';
import { EngineFailedError, ModelUnusableError } from '../../../server/errors.js';
import { createLogger } from '../../../server/log.js';
import { describeSpeechRecognizer, type Sentence } from '../../contract/speech-recognizer.contract.js';

// Every replaced decoder loads its models anew, which takes long on a busy machine.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const logger = createLogger('silent');
const never = new AbortController().signal;

/** Speech of a clear voice. */
async function speak(...texts: string[]): Promise<Sentence[]> {
  const flite = await FliteProgram.load();
  return texts.map((words) => ({ words, speech: flite.speak('rms', words).samples }));
}

describeSpeechRecognizer('PocketSphinx', {
  start: () => PocketSphinxRecognizer.start({ decoders: 2, logger }),
  sentences: async () => {
    const [first, second] = await speak(
      'what is the capital of france',
      'how long does it take to boil an egg',
    );
    if (!first || !second) throw new Error('There are no sentences.');
    return [first, second];
  },
});

describe('PocketSphinx', () => {
  let sentence: Sentence;
  let recognizer: PocketSphinxRecognizer;
  const crashes: EngineFailedError[] = [];

  beforeAll(async () => {
    [sentence] = (await speak('what is the capital of france')) as [Sentence];
    const onCrash = (error: EngineFailedError): unknown => crashes.push(error);
    recognizer = await PocketSphinxRecognizer.start({ decoders: 1, logger, onCrash });
  });
  afterAll(async () => {
    await recognizer.close();
    expect(decoders()).toEqual([]);
  });

  /** Says most of the sentence, calls `disturb` once something of it has been heard, says the rest. */
  const interrupted = async (disturb: () => void): Promise<string> => {
    const most = Math.round(0.8 * sentence.speech.length);
    const heard = deferred<void>();
    const utterance = recognizer.open().begin(() => {
      heard.resolve();
    }, never);
    utterance.push(sentence.speech.subarray(0, most));
    await heard.promise;
    disturb();
    utterance.push(sentence.speech.subarray(most));
    return utterance.finish();
  };

  it('recognises a turn again when its decoder dies in the middle of it', async () => {
    const words = await interrupted(() => {
      for (const pid of decoders()) process.kill(pid, 'SIGKILL');
    });
    expect(words).toBe(sentence.words);
    expect(crashes.map((error) => error.message)).toEqual([
      'A process of pocketsphinx was killed by SIGKILL.',
    ]);
  });

  it('gives a turn up when the second decoder dies as well', async () => {
    const utterance = recognizer.open().begin(() => undefined, never);
    utterance.push(sentence.speech);
    const failed = expect(utterance.finish()).rejects.toThrow(EngineFailedError);
    const seen = new Set<number>();
    await vi.waitFor(
      () => {
        for (const pid of decoders()) {
          seen.add(pid);
          process.kill(pid, 'SIGKILL');
        }
        expect(seen.size).toBeGreaterThan(1);
      },
      { timeout: 100_000, interval: 20 },
    );
    await failed;
  });

  it('takes up its work again afterwards', async () => {
    await expect(interrupted(() => undefined)).resolves.toBe(sentence.words);
  });

  it('says how to install what is missing', async () => {
    const starting = PocketSphinxRecognizer.start({ model: '/nowhere', logger });
    await expect(starting).rejects.toThrow(ModelUnusableError);
    await expect(starting).rejects.toThrow('apt-get install libpocketsphinx3 pocketsphinx-en-us');
  });

  it('names a language model that it cannot read', async () => {
    const starting = PocketSphinxRecognizer.start({ callerPhrases: '/nowhere/callers.arpa', logger });
    await expect(starting).rejects.toThrow(ModelUnusableError);
    await expect(starting).rejects.toThrow('cannot read the language model /nowhere/callers.arpa');
  });
});

/** The decoder processes that this process has started and that still run. */
function decoders(): number[] {
  const listed = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(process.pid)], {
    encoding: 'utf8',
  });
  return listed
    .split('\n')
    .filter((line) => line.includes('pocketsphinx-process'))
    .map((line) => Number.parseInt(line, 10));
}
