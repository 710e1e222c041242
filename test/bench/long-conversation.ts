/**
 * A call of many turns, more than the context holds: time to the first words of the first and the last ten answers, and
 * whether the name told at the beginning is still known at the end.
 * Run: npm run bench -- long-conversation [turns] [context tokens] [model.gguf]
 */
import { loadConfig } from '../../server/config.js';
import type { ChatMessage, ReplyOptions } from '../../server/engines/engine-types.js';
import { LlamaLanguageModel } from '../../server/engines/llama-language-model.js';
import { pocketModel } from '../server/engines/pocket-model.js';
import { quantile } from '../helpers/quantiles.js';

const config = loadConfig({});
const [turns = '200', contextTokens = String(config.languageModel.contextTokens), path = pocketModel.path] =
  process.argv.slice(2);
const name = 'Marvin';
const questions = [
  'what is the capital of france',
  'how much is seven plus eight',
  'tell me a joke',
  'i am nervous before my presentation tomorrow',
  'what is the capital of italy',
];
const never = new AbortController().signal;
const { maxTokens, temperature } = config.languageModel;
const options: ReplyOptions = { tools: [], maxTokens, temperature };

const model = await LlamaLanguageModel.load({
  ...pocketModel,
  path,
  contextTokens: Number(contextTokens),
});
await model.warm(never);
const handle = model.open();
const history: ChatMessage[] = [{ role: 'system', text: 'You are Parley, a friendly voice assistant.' }];
const rows: { firstMs: number; tokens: number; aheadMs: number }[] = [];
for (let turn = 0; turn < Number(turns); turn++)
  rows.push(
    await speak(turn === 0 ? `hello my name is ${name}` : (questions[turn % questions.length] ?? '')),
  );
await speak('what is my name');
const answer = history.at(-1)?.text ?? '';
await handle.close();
await model.close();

const summary = (part: typeof rows) => ({
  'first words p50 ms': Math.round(
    quantile(
      part.map(({ firstMs }) => firstMs),
      0.5,
    ),
  ),
  'first words max ms': Math.round(
    quantile(
      part.map(({ firstMs }) => firstMs),
      1,
    ),
  ),
  'tokens evaluated per turn': Math.round(part.reduce((sum, { tokens }) => sum + tokens, 0) / part.length),
  'read ahead max ms': Math.round(
    quantile(
      part.map(({ aheadMs }) => aheadMs),
      1,
    ),
  ),
});
console.table({
  'first ten turns': summary(rows.slice(1, 11)),
  'last ten turns': summary(rows.slice(-10)),
  'all turns': summary(rows.slice(1)),
});
console.log(`"what is my name" at the end: "${answer}"`);
if (!answer.includes(name)) {
  console.error(`FAILED: the name ${name}, told in the first turn, is forgotten.`);
  process.exitCode = 1;
}

/** One turn as the server does it: end of turn, answer, and when that is over the conversation is read ahead. */
async function speak(words: string): Promise<{ firstMs: number; tokens: number; aheadMs: number }> {
  const evaluated = model.evaluatedTokens;
  const beganMs = performance.now();
  await handle.endOfTurn(history, words, never);
  history.push({ role: 'user', text: words });
  let firstMs = NaN;
  let text = '';
  for await (const delta of handle.reply(history, options, never)) {
    if (delta.type !== 'text') continue;
    if (text === '') firstMs = performance.now() - beganMs;
    text += delta.text;
  }
  history.push({ role: 'assistant', text });
  const tokens = model.evaluatedTokens - evaluated;
  const doneMs = performance.now();
  await handle.prefill(history, options, never);
  return { firstMs, tokens, aheadMs: performance.now() - doneMs };
}
