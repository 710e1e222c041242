/**
 * How quickly the language model answers, alone and with other callers at the same moment, and what it costs.
 * Run: UV_THREADPOOL_SIZE=16 npx tsx test/bench/language-model.ts [model.gguf]
 */
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';

import type { ChatMessage, LanguageModelHandle, ReplyOptions } from '../../server/engines/engine-types.js';
import { LlamaLanguageModel } from '../../server/engines/llama-language-model.js';
import { quantile } from '../helpers/quantiles.js';
import { pocketModel } from '../server/engines/pocket-model.js';

/** Turns that each caller speaks. */
const turnsPerCaller = 12;
const callersAtOnce = [1, 4, 8];
const words = [
  'hello my name is marvin',
  'what is the capital of france',
  'tell me a joke',
  'what time is it',
  'i am nervous before my presentation tomorrow',
  'what is my name',
];
const never = new AbortController().signal;
const options: ReplyOptions = {
  tools: [
    { name: 'get_time', description: 'Tells the time.', run: () => Promise.resolve({ time: '09:47' }) },
    { name: 'end_call', description: 'Ends the call.', run: () => Promise.resolve({ ok: true }) },
  ],
  maxTokens: 128,
  temperature: 0,
};

interface Turn {
  endOfTurnMs: number;
  firstMs: number;
  totalMs: number;
  deltas: number;
  /** A tool was called first, so the first words come after its result. */
  called: boolean;
}

const path = process.argv[2] ?? pocketModel.path;
const before = process.memoryUsage().rss;
const started = performance.now();
const model = await LlamaLanguageModel.load({ ...pocketModel, path, sequences: Math.max(...callersAtOnce) });
const loadMs = performance.now() - started;
await model.warm(never);
console.log(
  `loaded in ${loadMs.toFixed(0)} ms, ${megabytes(process.memoryUsage().rss - before)} MB with ${model.sequences} sequences`,
);
const rows = [];
for (const callers of callersAtOnce) rows.push(await measure(callers));
console.table(rows);
console.table([await rollBackBesideReplies()]);
console.table(await ownInstructions());
await model.close();
const single = await memoryWith(1);
const many = await memoryWith(33);
console.log(`memory per sequence: ${megabytes((many - single) / 32)} MB`);

/** All callers speak at the same moment, turn by turn. */
async function measure(callers: number) {
  const handles = Array.from({ length: callers }, () => model.open());
  const histories = handles.map((): ChatMessage[] => [
    { role: 'system', text: 'You are Ada, a friendly coach.' },
  ]);
  const turns: Turn[] = [];
  const loop = monitorEventLoopDelay({ resolution: 1 });
  const evaluated = model.evaluatedTokens;
  const begin = performance.now();
  const busy = performance.eventLoopUtilization();
  loop.enable();
  for (let turn = 0; turn < turnsPerCaller; turn++) {
    const said = words[turn % words.length] ?? '';
    turns.push(
      ...(await Promise.all(handles.map((handle, index) => speak(handle, histories[index] ?? [], said)))),
    );
  }
  loop.disable();
  const elapsed = performance.now() - begin;
  const { active } = performance.eventLoopUtilization(busy);
  await Promise.all(handles.map((handle) => handle.close()));
  const firstOf = (called: boolean): number[] =>
    turns.filter((turn) => turn.called === called).map((turn) => turn.firstMs);
  const first = firstOf(false);
  return {
    callers,
    'first p50 ms': milliseconds(first, 0.5),
    'first p95 ms': milliseconds(first, 0.95),
    'after a tool, p50 ms': milliseconds(firstOf(true), 0.5),
    'whole p50 ms': milliseconds(
      turns.map((turn) => turn.totalMs),
      0.5,
    ),
    'end of turn p50 ms': milliseconds(
      turns.map((turn) => turn.endOfTurnMs),
      0.5,
    ),
    'tokens/s': Math.round(((model.evaluatedTokens - evaluated) / elapsed) * 1000),
    'main thread ms/turn': Number((active / turns.length).toFixed(1)),
    'loop delay p99 ms': Number((loop.percentile(99) / 1e6).toFixed(1)),
    'loop delay max ms': Number((loop.max / 1e6).toFixed(1)),
  };
}

async function speak(handle: LanguageModelHandle, history: ChatMessage[], said: string): Promise<Turn> {
  const asked = performance.now();
  await handle.endOfTurn(history, said, never);
  const ended = performance.now();
  history.push({ role: 'user', text: said });
  let first = 0;
  let text = '';
  let deltas = 0;
  let called = false;
  for await (const delta of handle.reply(history, options, never)) {
    if (delta.type !== 'text') {
      called = true;
      continue;
    }
    if (first === 0) first = performance.now();
    text += delta.text;
    deltas++;
  }
  const done = performance.now();
  history.push({ role: 'assistant', text });
  return { endOfTurnMs: ended - asked, firstMs: first - ended, totalMs: done - ended, deltas, called };
}

/** How long a draft that is thrown away waits for the others' answers, and an answer for the others' long prompts. */
async function rollBackBesideReplies() {
  const handles = Array.from({ length: model.sequences }, () => model.open());
  const [drafting, ...others] = handles;
  if (drafting === undefined) throw new Error('There is no sequence.');
  const abort = new AbortController();
  const story = others.map(async (handle) => {
    while (!abort.signal.aborted)
      await speak(handle, [{ role: 'system', text: 'You are Ada.' }], 'tell me a long story');
  });
  const history: ChatMessage[] = [{ role: 'system', text: 'You are Ada.' }];
  const waits: number[] = [];
  for (let round = 0; round < 20; round++) {
    await drafting.endOfTurn(history, 'what is the capital of france', never);
    const begin = performance.now();
    await drafting.endOfTurn(history, 'my name is marvin', never);
    waits.push(performance.now() - begin);
  }
  abort.abort();
  await Promise.all(story);
  await Promise.all(handles.map((handle) => handle.close()));
  return {
    'callers answering': others.length,
    'roll-back p50 ms': milliseconds(waits, 0.5),
    'roll-back max ms': milliseconds(waits, 1),
  };
}

/** First turns of callers with instructions of their own: not read before, read at the start, and read by another caller. */
async function ownInstructions() {
  const text = 'You are Bea, and you speak with callers of a small shop about bread and cakes. '.repeat(20);
  const rows = [];
  for (const who of ['nobody has read them', 'read at the start', 'another caller has read them']) {
    const handle = model.open();
    const begin = performance.now();
    const history: ChatMessage[] = [{ role: 'system', text }];
    if (rows.length > 0) await handle.prefill(history, options, never);
    const ready = performance.now();
    const { endOfTurnMs, firstMs } = await speak(handle, history, 'hello my name is marvin');
    rows.push({
      instructions: who,
      'start of the call ms': Number((ready - begin).toFixed(1)),
      'end of the first turn to first word ms': Number((endOfTurnMs + firstMs).toFixed(1)),
    });
    if (rows.length === 1) {
      // What it has read is written over.
      await handle.prefill([{ role: 'user', text: 'something else' }], options, never);
      await handle.close();
    }
  }
  return rows;
}

async function memoryWith(sequences: number): Promise<number> {
  const base = process.memoryUsage().rss;
  const loaded = await LlamaLanguageModel.load({ ...pocketModel, path, sequences });
  const handles = Array.from({ length: sequences }, () => loaded.open());
  // Memory that was never written is not resident: every sequence is filled.
  const long: ChatMessage[] = [{ role: 'user', text: 'the cat went for a walk and '.repeat(300) }];
  for (const handle of handles) await handle.prefill(long, options, never);
  const used = process.memoryUsage().rss - base;
  await loaded.close();
  return used;
}

function milliseconds(values: readonly number[], share: number): number {
  return Number(quantile(values, share).toFixed(1));
}

function megabytes(bytes: number): string {
  return (bytes / 1_048_576).toFixed(1);
}
