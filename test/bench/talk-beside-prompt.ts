/**
 * `npm run bench -- talk-beside-prompt FILE.gguf`: how much longer the gaps between a talking caller's tokens are while
 * another caller's prompt of 1,000 tokens is evaluated, and how soon an abort of that takes effect. Four callers.
 */
import { availableParallelism, cpus } from 'node:os';
import type { ChatMessage, LanguageModelHandle, ReplyOptions } from '../../server/engines/engine-types.js';
import { LlamaLanguageModel } from '../../server/engines/llama-language-model.js';

const callers = 4;
const promptTokens = 1000;
const rounds = 2;
const never = new AbortController().signal;
const options: ReplyOptions = { tools: [], maxTokens: 4000, temperature: 0.8 };

const [path] = process.argv.slice(2);
if (path === undefined) throw new Error('talk-beside-prompt FILE.gguf (see the bench random-model)');

const model = await LlamaLanguageModel.load({ path, sequences: callers, contextTokens: 4096, threads: 0 });
await model.warm(never);
const handles = Array.from({ length: callers }, () => model.open());
const [talker, newcomer, ...others] = handles;
if (talker === undefined || newcomer === undefined) throw new Error('There are too few sequences.');
console.log(`${path}, ${availableParallelism()} threads, ${cpus()[0]?.model ?? ''}`);

/** Generates until stopped; the times between tokens, ms. */
function talk(handle: LanguageModelHandle) {
  const stop = new AbortController();
  const gaps: number[] = [];
  const done = (async () => {
    let last = 0;
    try {
      // Random weights may end an answer at any token.
      while (!stop.signal.aborted) {
        last = 0;
        for await (const _ of handle.reply([{ role: 'user', text: 'talk' }], options, stop.signal)) {
          const now = performance.now();
          if (last > 0) gaps.push(now - last);
          last = now;
        }
      }
    } catch (error) {
      if (!stop.signal.aborted) throw error;
    }
  })();
  return {
    gaps,
    stop: async () => {
      stop.abort();
      await done;
    },
  };
}

let lastPrompt = 0;
/** A conversation of about a thousand tokens that begins unlike all others. */
function prompt(): ChatMessage[] {
  return [
    { role: 'user', text: `${String(lastPrompt++).padEnd(8)}${'a long text '.repeat(promptTokens / 12)}` },
  ];
}

const rows = [];
for (let round = 0; round < rounds; round++) {
  for (const talking of [1, 3]) {
    const talkers = [talker, ...others].slice(0, talking).map(talk);
    const first = talkers[0];
    if (first === undefined) continue;
    await reached(first.gaps, 40);
    const alone = first.gaps.splice(0).slice(5);
    const before = model.evaluatedTokens;
    const begin = performance.now();
    await newcomer.prefill(prompt(), options, never);
    const promptMs = performance.now() - begin;
    const beside = first.gaps.splice(0);
    await Promise.all(talkers.map((one) => one.stop()));
    rows.push({
      talking,
      'gap alone p50 ms': at(alone, 0.5),
      'beside a prompt p50 ms': at(beside, 0.5),
      'p95 ms': at(beside, 0.95),
      'times alone p50': Number((at(beside, 0.5) / at(alone, 0.5)).toFixed(2)),
      'times alone p95': Number((at(beside, 0.95) / at(alone, 0.5)).toFixed(2)),
      'tokens meanwhile': beside.length,
      'prompt s': Number((promptMs / 1000).toFixed(1)),
      evaluated: model.evaluatedTokens - before,
    });
  }
}
console.table(rows);

/** From the abort to the end of the work: the chunk in the batch has been evaluated, and the sequence is free. */
const aborts = [];
for (const beside of [0, 1, 3]) {
  const talkers = [talker, ...others].slice(0, beside).map(talk);
  const known: number[] = [];
  for (let round = 0; round < 10; round++) {
    const abort = new AbortController();
    const work = newcomer.prefill(prompt(), options, abort.signal);
    // Somewhere in the middle of a chunk.
    await new Promise((resolve) => setTimeout(resolve, 150 + 37 * round));
    const begin = performance.now();
    abort.abort();
    await work.catch(() => known.push(performance.now() - begin));
  }
  await Promise.all(talkers.map((one) => one.stop()));
  aborts.push({
    'talking beside': beside,
    'abort to end p50 ms': at(known, 0.5),
    'most ms': at(known, 1),
  });
}
console.table(aborts);
await Promise.all(handles.map((handle) => handle.close()));
await model.close();

async function reached(gaps: readonly number[], count: number): Promise<void> {
  while (gaps.length < count) await new Promise((resolve) => setTimeout(resolve, 20));
}

function at(values: readonly number[], part: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0);
}
