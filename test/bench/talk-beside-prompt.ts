/**
 * `npm run bench -- talk-beside-prompt FILE.gguf [--threads N] [--short]`: how much longer the gaps between a talking caller's tokens
 * are while another caller's prompt of 1,000 tokens is evaluated, beside node-llama-cpp's own order of batches; and how soon
 * an abort of that prompt takes effect. Four callers; under four minutes.
 */
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import type { ReplyOptions } from '../../server/engines/engine-types.js';
import { LlamaLanguageModel } from '../../server/engines/llama-language-model.js';
import { quantile, quantiles } from '../helpers/quantiles.js';
import { Random } from '../helpers/random.js';
import { stockTalkers } from './stock-talkers.js';

const callers = 4;
const promptTokens = 1000;
/** An abort comes within so long, ms. */
const abortedWithinMs = 1200;
const options: ReplyOptions = { tools: [], maxTokens: 4000, temperature: 0.8 };
const never = new AbortController().signal;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { threads: { type: 'string', default: '0' }, short: { type: 'boolean', default: false } },
});
const [path] = positionals;
if (path === undefined) throw new Error('talk-beside-prompt FILE.gguf (see the bench random-model)');
const threads = Number(values.threads);
/** A prompt that takes longer is ended: there are gaps enough by then, ms. */
const promptLimitMs = values.short ? 6000 : 25_000;
/** Gaps without a prompt, before it and after it each. */
const gapsAlone = values.short ? 15 : 40;
const aborts = values.short ? 5 : 20;

/** Several callers who talk, and one who brings prompts. */
export interface Talkers {
  /** Generates until the signal. */
  talk(index: number, onToken: () => void, signal: AbortSignal): Promise<void>;
  /** Evaluates a prompt; settles when it is evaluated, or aborted and none of it is being computed. */
  prompt(text: string, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

async function parleysTalkers(path: string, threads: number): Promise<Talkers> {
  const model = await LlamaLanguageModel.load({ path, sequences: callers, contextTokens: 4096, threads });
  await model.warm(never);
  const [newcomer, ...others] = Array.from({ length: callers }, () => model.open());
  if (newcomer === undefined) throw new Error('There are too few sequences.');
  return {
    async talk(index, onToken, signal) {
      // Random weights may end an answer at any token.
      while (!signal.aborted) {
        const answer = (others[index] ?? newcomer).reply([{ role: 'user', text: 'talk' }], options, signal);
        try {
          for await (const _ of answer) onToken();
        } catch (error) {
          if (!signal.aborted) throw error;
        }
      }
    },
    prompt: (text, signal) => newcomer.prefill([{ role: 'user', text }], options, signal),
    close: () => model.close(),
  };
}

let lastPrompt = 0;
/** About a thousand tokens that begin unlike all others. */
function prompt(): string {
  return `${String(lastPrompt++).padEnd(8)}${'a long text '.repeat(promptTokens / 12)}`;
}

/** `count` callers begin to talk; the times between the tokens of the first, ms. */
function startTalking(talkers: Talkers, count: number) {
  const stop = new AbortController();
  const gaps: number[] = [];
  let last: number | undefined;
  const first = () => {
    const now = performance.now();
    if (last !== undefined) gaps.push(now - last);
    last = now;
  };
  const talking = Array.from({ length: count }, (_, index) =>
    talkers.talk(index, index === 0 ? first : () => undefined, stop.signal),
  );
  return {
    gaps,
    /** The next so many gaps. */
    async next(wanted: number): Promise<number[]> {
      gaps.length = 0;
      while (gaps.length < wanted) await new Promise((resolve) => setTimeout(resolve, 10));
      return gaps.slice();
    },
    async stop(): Promise<void> {
      stop.abort();
      await Promise.all(talking);
    },
  };
}

async function measureGaps(name: string, talkers: Talkers, count: number) {
  const talking = startTalking(talkers, count);
  await talking.next(10);
  const alone = await talking.next(gapsAlone);
  talking.gaps.length = 0;
  const begin = performance.now();
  const limit = AbortSignal.timeout(promptLimitMs);
  const whole = await talkers.prompt(prompt(), limit).then(
    () => true,
    () => false,
  );
  const beside = talking.gaps.slice();
  const seconds = (performance.now() - begin) / 1000;
  // What the prompt has kept waiting until now belongs to it.
  const [pending = 0] = await talking.next(1);
  beside.push(pending);
  alone.push(...(await talking.next(gapsAlone)));
  await talking.stop();
  const base = quantile(alone, 0.5);
  const of = quantiles(beside);
  const times = (ms: number) => Number((ms / base).toFixed(2));
  return {
    order: name,
    talking: count,
    'alone p50 / p95 ms': `${base.toFixed(0)} / ${quantile(alone, 0.95).toFixed(0)}`,
    'beside p50 / p95 / p99 / max ms': [of.p50, of.p95, of.p99, of.max]
      .map((ms) => ms.toFixed(0))
      .join(' / '),
    'times p50': times(of.p50),
    'times p95': times(of.p95),
    'times p99': times(of.p99),
    'times max': times(of.max),
    gaps: of.count,
    'prompt s': whole ? seconds.toFixed(1) : `> ${seconds.toFixed(1)}`,
  };
}

/** From the abort to the end of all computing for the prompt: the sequence can take the next one. */
async function measureAborts(talkers: Talkers, count: number) {
  const talking = startTalking(talkers, count);
  if (count > 0) await talking.next(10);
  const random = new Random(7);
  const waits: number[] = [];
  let within = abortedWithinMs;
  while (waits.length < aborts) {
    const abort = new AbortController();
    const work = talkers.prompt(prompt(), abort.signal).then(
      () => false,
      () => true,
    );
    await new Promise((resolve) => setTimeout(resolve, within * random.next()));
    const begin = performance.now();
    abort.abort();
    if (await work) waits.push(performance.now() - begin);
    // It was through before.
    else within /= 2;
  }
  await talking.stop();
  const { p50, p95, max } = quantiles(waits);
  const [half, most, longest] = [p50, p95, max].map((ms) => Math.round(ms));
  return { 'talking beside': count, aborts, 'p50 ms': half, 'p95 ms': most, 'max ms': longest };
}

console.log(`${path}, ${threads || availableParallelism()} threads, ${cpus()[0]?.model ?? ''}`);

const parleys = await parleysTalkers(path, threads);
const stock = await stockTalkers(path, callers, threads);
const gapRows = [];
for (const talking of [1, 3]) {
  gapRows.push(await measureGaps('Parley', parleys, talking));
  gapRows.push(await measureGaps('stock', stock, talking));
}
console.log('Gaps between tokens of a talking caller, alone and beside a prompt:');
console.table(gapRows);
const abortRows = [];
for (const talking of [0, 1, 3]) abortRows.push(await measureAborts(parleys, talking));
console.log('From an abort at a random moment of the prompt to the end of its work:');
console.table(abortRows);
await parleys.close();
await stock.close();
