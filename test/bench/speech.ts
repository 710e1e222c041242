/**
 * How well the pocket profile hears and how fast it hears and speaks: `npx tsx test/bench/speech.ts [sentences] [clips]`
 * with the number of everyday sentences (default 200) and a folder of clips (default ../shared/audio). Prints Markdown.
 */
import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

import {
  Priority,
  type RecognizerHandle,
  type SpeechSynthesizer,
} from '../../server/engines/engine-types.js';
import { FliteSynthesizer } from '../../server/engines/flite-synthesizer.js';
import { PocketSphinxRecognizer } from '../../server/engines/pocketsphinx-recognizer.js';
import { createLogger } from '../../server/log.js';
import { quantile } from '../helpers/quantiles.js';
import { throughOpus } from './opus-channel.js';
import { clips, everydaySentences, synthesized, type Speaker } from './speech-corpus.js';
import { wordErrors } from '../../server/doctor/word-errors.js';

type Count = ReturnType<typeof wordErrors>;

const VOICES = ['slt', 'rms', 'awb'];
const CHANNELS: readonly { name: string; pass: (speech: Int16Array) => Int16Array }[] = [
  { name: 'clean', pass: (speech) => speech },
  { name: 'Opus 24 kb/s', pass: (speech) => throughOpus(speech) },
  { name: 'Opus 24 kb/s, 5 % lost', pass: (speech) => throughOpus(speech, { loss: 0.05 }) },
];
const NEW_CALLERS = 'Opus 24 kb/s, each sentence by a new caller';
const PACKET_SAMPLES = 320;
const PACKET_MS = 20;
/** Utterances said at the pace of speech, to time what comes after their end. */
const TIMED = 20;
const CLAUSE = 'Nice to meet you, I am very glad.';

const never = new AbortController().signal;

async function main([count = '200', folder = '../shared/audio']: string[]): Promise<void> {
  const logger = createLogger('warn');
  const before = process.memoryUsage.rss();
  const synthesizer = await FliteSynthesizer.start({ logger });
  await synthesizer.warm(never);
  const afterFlite = process.memoryUsage.rss();
  const recognizer = await PocketSphinxRecognizer.start({ decoders: 2, logger });
  try {
    await recognizer.warm(never);
    const sentences = everydaySentences(Number(count));
    const speakers: Speaker[] = [];
    for (const voice of VOICES) speakers.push(await synthesized(synthesizer, voice, sentences));

    console.log(`## Word errors, ${sentences.length} sentences per voice\n`);
    table(['speaker', ...CHANNELS.map(({ name }) => name), NEW_CALLERS]);
    const totals = new Map<string, Count>();
    for (const speaker of speakers) {
      const row: string[] = [];
      for (const { name, pass } of CHANNELS)
        row.push(sum(totals, name, await errors(recognizer, speaker, pass)));
      const fresh = await errors(recognizer, speaker, (speech) => throughOpus(speech), true);
      table([speaker.name, ...row, sum(totals, NEW_CALLERS, fresh)]);
    }
    table(['all voices', ...[...totals.values()].map(ratio)]);
    for (const speaker of clips(folder)) {
      const row: string[] = [];
      for (const { pass } of CHANNELS) row.push(ratio(await errors(recognizer, speaker, pass)));
      table([speaker.name, ...row, '']);
    }

    console.log('\n## Times\n');
    table(['what', 'p50', 'p95']);
    table(['final words after the last sample', ...milliseconds(await finalWords(recognizer, speakers))]);
    table(['first sound of a clause of eight words', ...milliseconds(await firstSound(synthesizer))]);
    table([
      'real time per second of speech, one talker',
      ...factors(await realTimeFactors(recognizer, speakers)),
    ]);

    console.log('\n## Memory\n');
    table(['what', 'MB']);
    table(['Flite', megabytes(afterFlite - before)]);
    for (const size of decoderSizes()) table(['a decoder process', megabytes(size)]);
  } finally {
    await Promise.all([recognizer.close(), synthesizer.close()]);
  }
}

/** @param fresh every utterance is that of a caller never heard before. */
async function errors(
  recognizer: PocketSphinxRecognizer,
  { utterances }: Speaker,
  pass: (speech: Int16Array) => Int16Array,
  fresh = false,
): Promise<Count> {
  let caller = recognizer.open();
  let heard = '';
  const total = { errors: 0, words: 0 };
  for (const { said, speech } of utterances) {
    if (fresh) {
      await caller.close();
      caller = recognizer.open();
    }
    heard += ` ${await hear(caller, pass(speech))}`;
    // The words of a clip stand at its last part.
    if (!said) continue;
    const { errors, words } = wordErrors(said, heard);
    total.errors += errors;
    total.words += words;
    heard = '';
  }
  await caller.close();
  return total;
}

async function hear(caller: RecognizerHandle, speech: Int16Array): Promise<string> {
  const utterance = caller.begin(() => undefined, never);
  for (let at = 0; at < speech.length; at += PACKET_SAMPLES)
    utterance.push(speech.subarray(at, at + PACKET_SAMPLES));
  return utterance.finish();
}

/** Time from the end of an utterance, said at the pace of speech, to its words, ms. */
async function finalWords(
  recognizer: PocketSphinxRecognizer,
  speakers: readonly Speaker[],
): Promise<number[]> {
  const times: number[] = [];
  for (const { utterances } of speakers) {
    const caller = recognizer.open();
    for (const { speech } of utterances.slice(0, Math.ceil(TIMED / speakers.length))) {
      const utterance = caller.begin(() => undefined, never);
      const start = performance.now();
      for (let at = 0; at < speech.length; at += PACKET_SAMPLES) {
        await sleep(Math.max(0, start + (at / PACKET_SAMPLES) * PACKET_MS - performance.now()));
        utterance.push(speech.subarray(at, at + PACKET_SAMPLES));
      }
      const end = performance.now();
      await utterance.finish();
      times.push(performance.now() - end);
    }
    await caller.close();
  }
  return times;
}

async function realTimeFactors(
  recognizer: PocketSphinxRecognizer,
  speakers: readonly Speaker[],
): Promise<number[]> {
  const factors: number[] = [];
  for (const { utterances } of speakers) {
    const caller = recognizer.open();
    for (const { speech } of utterances.slice(0, Math.ceil(TIMED / speakers.length))) {
      const start = performance.now();
      await hear(caller, speech);
      factors.push((performance.now() - start) / (speech.length / 16));
    }
    await caller.close();
  }
  return factors;
}

async function firstSound(synthesizer: SpeechSynthesizer): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round < TIMED; round++) {
    const request = { text: CLAUSE, voice: synthesizer.voices[0] ?? '', priority: Priority.waiting };
    const start = performance.now();
    for await (const chunk of synthesizer.synthesize(request, never)) {
      if (chunk.samples.length > 0) times.push(performance.now() - start);
    }
    await sleep(50);
  }
  return times;
}

/** Resident memory of the decoder processes, bytes. */
function decoderSizes(): number[] {
  return execFileSync('ps', ['-o', 'rss=,args=', '--ppid', String(process.pid)], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes('pocketsphinx-process'))
    .map((line) => 1024 * Number.parseInt(line, 10));
}

function table(cells: readonly string[]): void {
  console.log(`| ${cells.join(' | ')} |`);
  if (cells[0] === 'speaker' || cells[0] === 'what') console.log(`|${' --- |'.repeat(cells.length)}`);
}

/** Adds to a column's total. */
function sum(totals: Map<string, Count>, column: string, count: Count): string {
  const before = totals.get(column) ?? { errors: 0, words: 0 };
  totals.set(column, { errors: before.errors + count.errors, words: before.words + count.words });
  return ratio(count);
}

function ratio({ errors, words }: Count): string {
  return `${((100 * errors) / Math.max(1, words)).toFixed(1)} %`;
}

function milliseconds(values: readonly number[]): string[] {
  return [0.5, 0.95].map((share) => `${Math.round(quantile(values, share))} ms`);
}

function factors(values: readonly number[]): string[] {
  return [0.5, 0.95].map((share) => quantile(values, share).toFixed(2));
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}

await main(process.argv.slice(2));
