/**
 * The first of the two designs that Parley is compared with: one pipeline for everybody, which takes up one caller's turn
 * after the other and does all of it - recognition, the whole answer, all of its sound - before the next one's. The
 * engines are Parley's own.
 */
import type {
  LanguageModel,
  LanguageModelHandle,
  RecognizerHandle,
  ReplyDelta,
  SpeechChunk,
  SpeechRecognizer,
  SpeechSynthesizer,
  Utterance,
} from '../../../server/engines/engine-types.js';
import { Priority } from '../../../server/engines/engine-types.js';
import type { LoadedEngines } from '../../../server/engines/load-engines.js';
import { Turnstile } from '../../../server/engines/turnstile.js';
import { splitClauses } from '../../../server/session/clauses.js';
import { speakable } from '../../../server/session/speakable-text.js';

/** One caller's hold on the pipeline: from the end of a turn to the last sound of its answer. */
class CallersTurn {
  readonly #pipeline: Turnstile;
  #leave: (() => void) | undefined;

  constructor(pipeline: Turnstile) {
    this.#pipeline = pipeline;
  }

  async begin(signal: AbortSignal): Promise<void> {
    this.end();
    this.#leave = await this.#pipeline.enter(signal);
    signal.addEventListener('abort', () => this.end(), { once: true });
  }

  end(): void {
    this.#leave?.();
    this.#leave = undefined;
  }
}

/** Wraps the engines of a server. A call opens its sequence first and its recogniser next, in one go. */
export function inTurn(engines: LoadedEngines): LoadedEngines {
  const pipeline = new Turnstile();
  const spoken = new Map<string, SpeechChunk[]>();
  let opened: CallersTurn | undefined;
  const { recognizer, languageModel, synthesizer } = engines;

  const inTurnModel = overriding<LanguageModel>(languageModel, {
    open() {
      const turn = (opened = new CallersTurn(pipeline));
      const handle = languageModel.open();
      const voice = synthesizer.voices[0] ?? '';
      return {
        reply: (history, options, signal) =>
          wholeReply(handle.reply(history, options, signal), synthesizer, voice, spoken, turn, signal),
        prefill: () => Promise.resolve(),
        endOfTurn: () => Promise.resolve(undefined),
        close: () => {
          turn.end();
          return handle.close();
        },
      } satisfies LanguageModelHandle;
    },
  });

  const inTurnRecognizer = overriding<SpeechRecognizer>(recognizer, {
    open() {
      const turn = opened ?? new CallersTurn(pipeline);
      const handle = recognizer.open();
      return {
        begin: (_onPartial, signal) => wholeUtterance(handle, turn, signal),
        close: () => handle.close(),
      } satisfies RecognizerHandle;
    },
  });

  const inTurnSynthesizer = overriding<SpeechSynthesizer>(synthesizer, {
    async *synthesize(request, signal) {
      const ready = spoken.get(request.text);
      spoken.delete(request.text);
      if (ready === undefined) yield* synthesizer.synthesize(request, signal);
      else yield* ready;
    },
  });

  return overriding<LoadedEngines>(engines, {
    recognizer: inTurnRecognizer,
    languageModel: inTurnModel,
    synthesizer: inTurnSynthesizer,
  });
}

/** Recognises a turn when all of it is there and the pipeline is free. */
function wholeUtterance(handle: RecognizerHandle, turn: CallersTurn, signal: AbortSignal): Utterance {
  const speech: Int16Array[] = [];
  let result: Promise<string> | undefined;
  const recognize = async (): Promise<string> => {
    await turn.begin(signal);
    const utterance = handle.begin(undefined, signal);
    for (const samples of speech) utterance.push(samples);
    const words = await utterance.finish();
    // Nothing will be answered.
    if (words.trim() === '') turn.end();
    return words;
  };
  return {
    push: (samples) => void speech.push(samples),
    finish: () => (result ??= recognize()),
  };
}

/** All of the answer with all of its sound, then the words. */
async function* wholeReply(
  deltas: AsyncIterable<ReplyDelta>,
  synthesizer: SpeechSynthesizer,
  voice: string,
  spoken: Map<string, SpeechChunk[]>,
  turn: CallersTurn,
  signal: AbortSignal,
): AsyncGenerator<ReplyDelta> {
  const all: ReplyDelta[] = [];
  try {
    for await (const delta of deltas) all.push(delta);
    for await (const clause of splitClauses(textOf(all))) {
      const { spoken: text } = speakable(clause);
      const chunks: SpeechChunk[] = [];
      const request = { text, voice, priority: Priority.waiting };
      if (text !== '') for await (const chunk of synthesizer.synthesize(request, signal)) chunks.push(chunk);
      spoken.set(text, chunks);
    }
  } finally {
    turn.end();
  }
  yield* all;
}

async function* textOf(deltas: readonly ReplyDelta[]): AsyncGenerator<string> {
  for (const delta of deltas) if (delta.type === 'text') yield delta.text;
}

/** Everything of an object but what stands in place of it. */
function overriding<T extends object>(original: T, instead: Partial<T>): T {
  return new Proxy(original, {
    get: (target, name) => {
      const value: unknown = Reflect.get(Object.hasOwn(instead, name) ? instead : target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
