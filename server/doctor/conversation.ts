/** A turn of a call without the call: the synthesiser speaks a sentence, the recogniser hears it, the model answers. */
import { pino } from 'pino';
import type { Config } from '../config.js';
import { HEARING_RATE_HZ, type EndOfTurnDetector, type SpeechSynthesizer } from '../engines/engine-types.js';
import { loadEngines, type LoadedEngines } from '../engines/load-engines.js';
import { Resampler } from '../engines/synthesis/resample.js';
import { ParleyError } from '../errors.js';
import { bad, good, note, type Finding, type Part } from './finding.js';
import { toWords, wordErrors } from './word-errors.js';

/** Words that every recogniser knows. */
const sentence = 'Hello, can you tell me what time it is in the morning?';
const stageLimitMs = 60_000;
/** More than this in a quiet room is no conversation. */
const mostWordErrors = 0.4;
/** Nobody waits longer than this for a first word, ms. */
const slowMs = 1500;

export const conversation: Part = {
  about: 'a sentence spoken, heard and answered by the configured models',
  async *examine(config: Config): AsyncGenerator<Finding> {
    const startedAt = performance.now();
    let engines: LoadedEngines;
    try {
      engines = await loadEngines(config, pino({ level: 'silent' }));
    } catch (error) {
      if (!(error instanceof ParleyError)) throw error;
      yield bad(error.message, 'npm run doctor -- models tells more');
      return;
    }
    try {
      yield good(`models loaded and warm in ${seconds(performance.now() - startedAt)}`);
      const speech = yield* speak(engines.synthesizer);
      yield* hear(engines, speech);
      if (engines.endOfTurn !== undefined) yield* listen(engines.endOfTurn, speech);
      yield* answer(engines, config);
    } catch (error) {
      yield bad(
        error instanceof Error ? error.message : String(error),
        'the server log of a start with PARLEY_LOG_LEVEL=debug tells more',
      );
    } finally {
      await engines.close();
    }
  },
};

/** @returns the sentence at the rate of hearing, with a pause behind it. */
async function* speak(synthesizer: SpeechSynthesizer): AsyncGenerator<Finding, Int16Array> {
  const [voice = ''] = synthesizer.voices;
  const begin = performance.now();
  let first = 0;
  const samples: number[] = [];
  const request = { text: sentence, voice, priority: 0 } as const;
  for await (const chunk of synthesizer.synthesize(request, AbortSignal.timeout(stageLimitMs))) {
    if (first === 0) first = performance.now() - begin;
    for (const sample of chunk.samples) samples.push(sample);
  }
  const tookMs = performance.now() - begin;
  const lengthMs = (samples.length / synthesizer.sampleRateHz) * 1000;
  yield timed(
    `${synthesizer.name} (${voice}): first sound after ${Math.round(first)} ms, ${seconds(lengthMs)} of speech in ${seconds(tookMs)}`,
    first,
    tookMs > lengthMs
      ? 'slower than speech: answers will stutter. Choose a lighter synthesizer.model'
      : undefined,
  );
  const resampler = new Resampler(synthesizer.sampleRateHz, HEARING_RATE_HZ);
  const heard = resampler.resample(Float32Array.from(samples));
  const withPause = new Int16Array(heard.length + HEARING_RATE_HZ / 4);
  withPause.set(Int16Array.from(heard, (sample) => Math.max(-32_768, Math.min(32_767, Math.round(sample)))));
  return withPause;
}

async function* hear({ recognizer }: LoadedEngines, speech: Int16Array): AsyncGenerator<Finding> {
  const caller = recognizer.open();
  try {
    const utterance = caller.begin(() => undefined, AbortSignal.timeout(stageLimitMs));
    // At the pace of speech, as a caller: what remains to be done at the end is what a caller waits for.
    const packet = HEARING_RATE_HZ / 50;
    const begin = performance.now();
    for (let at = 0; at < speech.length; at += packet) {
      utterance.push(speech.subarray(at, at + packet));
      const due = begin + (at / HEARING_RATE_HZ) * 1000 - performance.now();
      if (due > 0) await new Promise((resolve) => setTimeout(resolve, due));
    }
    const ended = performance.now();
    const heard = await utterance.finish();
    const waitMs = performance.now() - ended;
    const { errors, words } = wordErrors(sentence, heard);
    const what = `${recognizer.name}: words ${Math.round(waitMs)} ms after the end of speech, ${errors} of ${words} wrong: "${heard}"`;
    if (errors / words > mostWordErrors)
      yield bad(
        what,
        'the recogniser does not understand this voice: try another synthesizer.voice, then another model',
      );
    else yield timed(what, waitMs);
  } finally {
    await caller.close();
  }
}

async function* listen(endOfTurn: EndOfTurnDetector, speech: Int16Array): AsyncGenerator<Finding> {
  const begin = performance.now();
  const signal = AbortSignal.timeout(stageLimitMs);
  const probability = await endOfTurn.probability({ words: sentence, history: [], speech }, signal);
  yield timed(
    `${endOfTurn.name}: ${Math.round(performance.now() - begin)} ms, ${Math.round(100 * probability)} % sure that the turn is over`,
    performance.now() - begin,
  );
}

async function* answer({ languageModel }: LoadedEngines, config: Config): AsyncGenerator<Finding> {
  const handle = languageModel.open();
  try {
    const begin = performance.now();
    let first = 0;
    let text = '';
    const { temperature } = config.languageModel;
    const history = [
      { role: 'system', text: config.agent.systemPrompt },
      { role: 'user', text: 'Hello, how are you today?' },
    ] as const;
    const options = { tools: [], maxTokens: 60, temperature };
    for await (const delta of handle.reply(history, options, AbortSignal.timeout(stageLimitMs))) {
      if (delta.type !== 'text') continue;
      if (first === 0) first = performance.now() - begin;
      text += delta.text;
    }
    const rest = performance.now() - begin - first;
    const words = toWords(text).length;
    const rate = rest > 0 ? (1000 * words) / rest : Infinity;
    const what = `${languageModel.name}: first words after ${Math.round(first)} ms, then ${Math.round(rate)} words/s: "${text.trim()}"`;
    if (words === 0) yield bad(what, 'the model says nothing: is it one that can chat?');
    // People speak two and a half words a second.
    else
      yield timed(
        what,
        first,
        rate < 3
          ? 'slower than speech: answers will stutter. Choose a smaller languageModel.model'
          : undefined,
      );
  } finally {
    await handle.close();
  }
}

function timed(what: string, waitMs: number, advice?: string): Finding {
  if (advice !== undefined) return note(what, advice);
  return waitMs > slowMs
    ? note(what, 'a caller notices this wait: choose a lighter model, or a quicker machine')
    : good(what);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
