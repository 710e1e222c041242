/**
 * Scores a pocket language model on the held-out dialogues in models/pocket/evaluation, by skill, through node-llama-cpp as
 * the server uses it; then its end-of-turn probability, and the time to its first token for one caller and for eight.
 *
 *     npx tsx test/bench/pocket-llm.ts [model.gguf] [--skill names] [--failures] [--only scores|turns|speed]
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import {
  type ChatHistoryItem,
  type ChatWrapper,
  defineChatSessionFunction,
  getLlama,
  LlamaChatSession,
  LlamaLogLevel,
  type LlamaContextSequence,
  resolveChatWrapper,
  type Token,
} from 'node-llama-cpp';

interface Turn {
  caller: string;
  /** Pattern that a right answer matches, whatever the case. Turns without it lead up to the one that is scored. */
  expect?: string;
  /** The tool that must be called, exactly once, and what it answers. */
  call?: string;
  result?: Record<string, string | boolean>;
  /** Where one dialogue scores several skills. */
  skill?: string;
}

interface Dialogue {
  skill: string;
  phrasing: 'template' | 'hand';
  system: string | null;
  tools: boolean;
  /** What was said before the first turn; the last answer may have been cut by an interruption. */
  history?: ({ caller: string } | { agent: string })[];
  turns: Turn[];
}

interface EndOfTurnCase {
  history: [role: string, text: string][];
  caller: string;
  finished: boolean;
  phrasing: 'template' | 'hand';
}

class Score {
  readonly #results = new Map<string, { right: number; all: number }>();

  add(skill: string, phrasing: string, right: boolean): void {
    const key = `${skill}\t${phrasing}`;
    const result = this.#results.get(key) ?? { right: 0, all: 0 };
    result.all++;
    if (right) result.right++;
    this.#results.set(key, result);
  }

  print(): void {
    const skills = new Set([...this.#results.keys()].map((key) => key.split('\t')[0] ?? ''));
    console.log('\n| skill | all | template phrasing | by hand |\n| --- | --- | --- | --- |');
    for (const skill of skills) {
      const [template, hand] = ['template', 'hand'].map(
        (phrasing) => this.#results.get(`${skill}\t${phrasing}`) ?? { right: 0, all: 0 },
      ) as [{ right: number; all: number }, { right: number; all: number }];
      const all = { right: template.right + hand.right, all: template.all + hand.all };
      console.log(`| ${skill} | ${[all, template, hand].map(share).join(' | ')} |`);
    }
  }
}

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    /** Only the dialogues of this skill. */
    skill: { type: 'string' },
    /** Print every wrong answer. */
    failures: { type: 'boolean', default: false },
    /** Only the scores, the end of turn or the speed. */
    only: { type: 'string' },
  },
});
const folder = new URL('../../models/pocket/', import.meta.url);
const modelPath = positionals[0] ?? new URL('pocket.gguf', folder).pathname;
const llama = await getLlama({ gpu: false, build: 'never', maxThreads: 1, logLevel: LlamaLogLevel.error });
const model = await llama.loadModel({ modelPath });
const wrapper = resolveChatWrapper(model, { warningLogs: false });

console.log(`${modelPath}: ${(model.fileInsights.modelSize / 1e6).toFixed(1)} MB, one thread`);
if (options.only === undefined || options.only === 'scores') await scores();
if (options.only === undefined || options.only === 'turns') await endOfTurn();
if (options.only === undefined || options.only === 'speed') await speed();
await llama.dispose();

async function scores(): Promise<void> {
  const dialogues = (await read<Dialogue[]>('dialogues.json')).filter(
    ({ skill }) => options.skill === undefined || skill === options.skill,
  );
  const context = await model.createContext({ contextSize: 1024, threads: 1 });
  const sequence = context.getSequence();
  const score = new Score();
  for (const dialogue of dialogues) {
    await hold(dialogue, sequence, score);
    await sequence.clearHistory();
  }
  score.print();
  await context.dispose();
}

/** Holds one dialogue and scores its answers. */
async function hold(dialogue: Dialogue, sequence: LlamaContextSequence, score: Score): Promise<void> {
  const session = newSession(sequence, wrapper, dialogue);
  for (const turn of dialogue.turns) {
    const calls: string[] = [];
    const tool = (name: string) =>
      defineChatSessionFunction({
        description: name,
        handler: () => {
          calls.push(name);
          return (
            turn.result ?? (name === 'get_time' ? { time: '12:00', date: 'Monday, June 1' } : { ok: true })
          );
        },
      });
    const answer = await session.prompt(turn.caller, {
      temperature: 0,
      maxTokens: 260,
      maxParallelFunctionCalls: 1,
      ...(dialogue.tools ? { functions: { get_time: tool('get_time'), end_call: tool('end_call') } } : {}),
    });
    const calledRight =
      turn.call === undefined ? calls.length === 0 : calls.length === 1 && calls[0] === turn.call;
    if (dialogue.tools) {
      score.add(
        turn.call === undefined ? 'no needless tool call' : 'tool calls',
        dialogue.phrasing,
        calledRight,
      );
    }
    if (turn.expect === undefined) continue;
    const right = calledRight && new RegExp(turn.expect, 'i').test(answer);
    score.add(turn.skill ?? dialogue.skill, dialogue.phrasing, right);
    if (!right && options.failures) {
      console.log(
        `${dialogue.skill} (${dialogue.phrasing}): ${turn.caller} -> ${answer}  [${calls.join()}] wanted ${turn.expect}`,
      );
    }
  }
  session.dispose({ disposeSequence: false });
}

function newSession(
  sequence: LlamaContextSequence,
  chatWrapper: ChatWrapper,
  dialogue: Dialogue,
): LlamaChatSession {
  const session = new LlamaChatSession({
    contextSequence: sequence,
    chatWrapper,
    systemPrompt: dialogue.system ?? '',
    autoDisposeSequence: false,
  });
  const history: ChatHistoryItem[] =
    dialogue.system === null ? [] : [{ type: 'system', text: dialogue.system }];
  for (const item of dialogue.history ?? []) {
    history.push(
      'caller' in item ? { type: 'user', text: item.caller } : { type: 'model', response: [item.agent] },
    );
  }
  session.setChatHistory(history);
  return session;
}

/** How well the probability of the end token tells finished words from unfinished ones. */
async function endOfTurn(): Promise<void> {
  const cases = await read<EndOfTurnCase[]>('end-of-turn.json');
  const context = await model.createContext({ contextSize: 1024, threads: 1 });
  const sequence = context.getSequence();
  const [end] = model.tokenize('<|im_end|>', true);
  if (end === undefined) throw new Error('the model has no end token');
  const probabilities: { finished: boolean; phrasing: string; probability: number }[] = [];
  for (const { history, caller, finished, phrasing } of cases) {
    const before = history.map(([role, text]) => `<|im_start|>${role}\n${text}<|im_end|>\n`).join('');
    const tokens: Token[] = [
      ...model.tokenize(`<|endoftext|>${before}<|im_start|>user\n`, true),
      ...model.tokenize(caller),
    ];
    await sequence.clearHistory();
    const last = tokens.pop();
    if (last === undefined) continue;
    const output = await sequence.controlledEvaluate([
      ...tokens,
      [
        last,
        { generateNext: { probabilities: true, options: { temperature: 1, topK: 0, topP: 1, minP: 0 } } },
      ],
    ]);
    const probability = output.at(-1)?.next.probabilities?.get(end) ?? 0;
    probabilities.push({ finished, phrasing, probability });
  }
  console.log(
    '\n| end of turn | AUC | finished, p >= 0.1 | unfinished, p >= 0.1 |\n| --- | --- | --- | --- |',
  );
  for (const phrasing of ['template', 'hand']) {
    const of = (finished: boolean) =>
      probabilities
        .filter((item) => item.phrasing === phrasing && item.finished === finished)
        .map(({ probability }) => probability);
    const over = (list: number[]) => share({ right: list.filter((p) => p >= 0.1).length, all: list.length });
    console.log(
      `| ${phrasing} | ${areaUnderCurve(of(true), of(false)).toFixed(4)} | ${over(of(true))} | ${over(of(false))} |`,
    );
  }
  await context.dispose();
}

/** Time to the first text after a turn of about ten words, for callers who all finish at the same moment. */
async function speed(): Promise<void> {
  const opening = [
    'hello my name is marvin',
    'my lucky number is forty two',
    'i have a presentation tomorrow',
  ];
  const asked = [
    'what is my name',
    'tell me a joke please',
    'so what is my lucky number',
    'how much is seven plus eight',
  ];
  console.log('\n| first text, ms | p50 | p95 |\n| --- | --- | --- |');
  for (const callers of [1, 8]) {
    const context = await model.createContext({
      contextSize: 1024,
      sequences: callers,
      threads: 1,
      batchSize: 512,
    });
    const sessions = Array.from({ length: callers }, () =>
      newSession(context.getSequence(), wrapper, {
        skill: '',
        phrasing: 'hand',
        system: 'You are Parley, a friendly voice assistant.',
        tools: false,
        turns: [],
      }),
    );
    for (const text of opening) {
      await Promise.all(sessions.map((session) => session.prompt(text, { temperature: 0, maxTokens: 60 })));
    }
    const times: number[] = [];
    for (let round = 0; round < 40 / callers + 5; round++) {
      await Promise.all(
        sessions.map(async (session, index) => {
          const history = session.getChatHistory();
          const began = performance.now();
          let first = Number.NaN;
          await session.prompt(asked[(round + index) % asked.length] ?? '', {
            temperature: 0,
            maxTokens: 40,
            onTextChunk: () => {
              if (Number.isNaN(first)) first = performance.now() - began;
            },
          });
          if (round > 0 && !Number.isNaN(first)) times.push(first);
          session.setChatHistory(history);
        }),
      );
    }
    times.sort((a, b) => a - b);
    const at = (part: number) => (times[Math.floor(times.length * part)] ?? Number.NaN).toFixed(0);
    console.log(`| ${callers} caller${callers === 1 ? '' : 's'} | ${at(0.5)} | ${at(0.95)} |`);
    await context.dispose();
  }
}

function areaUnderCurve(finished: number[], unfinished: number[]): number {
  let wins = 0;
  for (const yes of finished) for (const no of unfinished) wins += yes > no ? 1 : yes === no ? 0.5 : 0;
  return wins / (finished.length * unfinished.length);
}

function share({ right, all }: { right: number; all: number }): string {
  return all === 0 ? '-' : `${((100 * right) / all).toFixed(0)} % (${right}/${all})`;
}

async function read<T>(name: string): Promise<T> {
  return JSON.parse(await readFile(new URL(`evaluation/${name}`, folder), 'utf8')) as T;
}
