/** A recogniser that "hears" what a test tells it, with the delays and failures a test tells it. */
import { setTimeout as sleep } from 'node:timers/promises';

import type { RecognizerHandle, SpeechRecognizer, Utterance } from '../../server/engines/engine-types.js';

/** What one utterance turns out to be. */
export interface ScriptedUtterance {
  /** The final words. */
  words: string;
  /** Time from `finish` to the words, ms; 0 by default. */
  delayMs?: number;
  /** Speech per word of the partials: every so many samples one more word is shown; 4800 (300 ms) by default. */
  samplesPerWord?: number;
  /** What `finish` throws instead of giving words. */
  failure?: Error;
}

export class FakeRecognizer implements SpeechRecognizer {
  readonly name = 'fake';
  /** The utterances to come, over all callers, in the order in which they begin; afterwards they are empty. */
  readonly script: ScriptedUtterance[] = [];
  /** Handles that are open. */
  readonly handles = new Set<RecognizerHandle>();
  /** Samples of every utterance begun, in order. */
  readonly heardSamples: number[] = [];
  closed = false;

  constructor(...script: (ScriptedUtterance | string)[]) {
    this.say(...script);
  }

  /** Adds utterances to the script. */
  say(...script: (ScriptedUtterance | string)[]): void {
    this.script.push(...script.map((entry) => (typeof entry === 'string' ? { words: entry } : entry)));
  }

  warm(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    return Promise.resolve();
  }

  open(): RecognizerHandle {
    const ended = new AbortController();
    const handle: RecognizerHandle = {
      begin: (onPartial = () => undefined, signal) =>
        this.begin(onPartial, AbortSignal.any([signal, ended.signal])),
      close: () => {
        ended.abort();
        this.handles.delete(handle);
        return Promise.resolve();
      },
    };
    this.handles.add(handle);
    return handle;
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.all([...this.handles].map((handle) => handle.close())).then(() => undefined);
  }

  private begin(onPartial: (words: string) => void, signal: AbortSignal): Utterance {
    const { words, delayMs = 0, samplesPerWord = 4800, failure } = this.script.shift() ?? { words: '' };
    const list = words.split(' ').filter(Boolean);
    const index = this.heardSamples.push(0) - 1;
    let shown = 0;
    let result: Promise<string> | undefined;
    const finish = async (): Promise<string> => {
      signal.throwIfAborted();
      await sleep(delayMs, undefined, { signal }).catch(() => signal.throwIfAborted());
      if (failure) throw failure;
      return words;
    };
    return {
      push: (samples) => {
        if (result || signal.aborted) return;
        const heard = (this.heardSamples[index] ?? 0) + samples.length;
        this.heardSamples[index] = heard;
        const known = Math.min(list.length, Math.floor(heard / samplesPerWord));
        if (known <= shown) return;
        shown = known;
        onPartial(list.slice(0, known).join(' '));
      },
      finish: () => (result ??= finish()),
    };
  }
}
