/** A language model behind OpenAI's chat completions: vLLM, SGLang, llama.cpp's server, or a hosted one. */
import type { Config } from '../../config.js';
import { ConfigurationError, ServerFullError, WrongStateError } from '../../errors.js';
import type {
  ChatMessage,
  LanguageModel,
  LanguageModelHandle,
  ReplyDelta,
  ReplyOptions,
  ToolCall,
} from '../engine-types.js';
import { fitHistory } from '../fit-history.js';
import { readAhead } from '../read-ahead.js';
import { runTool } from '../run-tool.js';
import type { RunnerContext } from '../runners.js';
import { abortReason, Turnstile } from '../turnstile.js';
import { endpointMessages, endpointTools } from './chat-messages.js';
import { readChat } from './chat-stream.js';
import { openEndpoint } from './endpoint-settings.js';
import type { HttpEndpoint } from './http-endpoint.js';
import { eventData } from './server-sent-events.js';

const name = 'languageModelEndpoint';

/** Rounds of function calls in one answer at most: a model that goes on calling would never speak. */
const roundsPerReply = 4;

/** Whoever does not know the tokenizer counts characters. */
const charactersPerToken = 3;

/** The runner of `languageModel.model: endpoint`. */
export function runEndpointLanguageModel({ config }: RunnerContext): Promise<EndpointLanguageModel> {
  return Promise.resolve(new EndpointLanguageModel(config));
}

export class EndpointLanguageModel implements LanguageModel {
  readonly name: string;
  readonly sequences: number;
  readonly #endpoint: HttpEndpoint;
  readonly #config: Config;
  readonly #extra: Record<string, unknown>;
  readonly #handles = new Set<EndpointHandle>();
  #closed = false;

  /** @throws ConfigurationError when the address or what is to be added to requests is missing or wrong. */
  constructor(config: Config) {
    const { model, extra } = config.languageModelEndpoint;
    this.name = model;
    this.sequences = config.languageModel.sequences;
    this.#config = config;
    this.#extra = parseExtra(extra);
    this.#endpoint = openEndpoint(name, config.languageModelEndpoint);
  }

  get free(): number {
    return this.sequences - this.#handles.size;
  }

  open(): LanguageModelHandle {
    if (this.#closed) throw new WrongStateError('The language model is closed.');
    if (this.free <= 0) throw new ServerFullError('Every sequence of the language model is taken.');
    const handle: EndpointHandle = new EndpointHandle(
      (body, signal) => this.#endpoint.post('chat/completions', this.#complete(body), signal),
      this.#config.languageModel.contextTokens,
      () => this.#handles.delete(handle),
    );
    this.#handles.add(handle);
    return handle;
  }

  /** Asks for one word: whoever cannot be reached, or does not know the model, says so before the first call. */
  async warm(signal: AbortSignal): Promise<void> {
    const body = { messages: [{ role: 'user', content: 'Say yes.' }], max_tokens: 4, temperature: 0 };
    const answer = this.#endpoint.post('chat/completions', this.#complete(body), signal);
    for await (const part of readChat(eventData(answer), name)) void part;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#handles].map((handle) => handle.close()));
    await this.#endpoint.close();
  }

  #complete(body: Record<string, unknown>): Record<string, unknown> {
    const whole = { model: this.#config.languageModelEndpoint.model, stream: true, ...body, ...this.#extra };
    return Object.fromEntries(Object.entries(whole).filter(([, value]) => value !== null));
  }
}

class EndpointHandle implements LanguageModelHandle {
  readonly #post: (body: Record<string, unknown>, signal: AbortSignal) => AsyncGenerator<Uint8Array>;
  readonly #contextTokens: number;
  readonly #onClose: () => void;
  readonly #turnstile = new Turnstile();
  readonly #closing = new AbortController();
  #closed: Promise<void> | undefined;
  #dropped = 0;

  constructor(
    post: (body: Record<string, unknown>, signal: AbortSignal) => AsyncGenerator<Uint8Array>,
    contextTokens: number,
    onClose: () => void,
  ) {
    this.#post = post;
    this.#contextTokens = contextTokens;
    this.#onClose = onClose;
  }

  async *reply(
    history: readonly ChatMessage[],
    options: ReplyOptions,
    signal: AbortSignal,
  ): AsyncGenerator<ReplyDelta> {
    const joined = this.#join(signal);
    yield* readAhead((ended) => this.#answer(history, options, ended), joined);
  }

  /** Nothing: endpoints keep the beginning of a conversation by themselves, and bill for every request. */
  async prefill(
    _history: readonly ChatMessage[],
    _options: ReplyOptions,
    signal: AbortSignal,
  ): Promise<void> {
    this.#join(signal).throwIfAborted();
  }

  /** Not known: no endpoint tells the probability of the end of somebody else's turn. */
  async endOfTurn(_history: readonly ChatMessage[], _words: string, signal: AbortSignal): Promise<undefined> {
    this.#join(signal).throwIfAborted();
  }

  close(): Promise<void> {
    this.#closed ??= (async () => {
      this.#closing.abort();
      await this.#turnstile.drained();
      this.#onClose();
    })();
    return this.#closed;
  }

  #join(signal: AbortSignal): AbortSignal {
    if (this.#closing.signal.aborted) throw new WrongStateError('This sequence was given back.');
    return AbortSignal.any([signal, this.#closing.signal]);
  }

  /** Asks until the model has nothing to add to the results of its calls. */
  async *#answer(
    history: readonly ChatMessage[],
    options: ReplyOptions,
    signal: AbortSignal,
  ): AsyncGenerator<ReplyDelta> {
    const leave = await this.#turnstile.enter(signal);
    try {
      const fitted = this.#fit(history, options);
      const soFar: (string | ToolCall)[] = [];
      for (let round = 0; round <= roundsPerReply; round++) {
        const requests: { name: string; json: string }[] = [];
        let text = '';
        const answer = this.#post(
          {
            messages: endpointMessages(fitted, soFar),
            max_tokens: options.maxTokens,
            temperature: options.temperature,
            ...(options.tools.length === 0 ? {} : { tools: endpointTools(options.tools) }),
          },
          signal,
        );
        for await (const part of readChat(eventData(answer), name)) {
          signal.throwIfAborted();
          if (part.type === 'call') requests.push(part);
          else {
            text += part.text;
            yield part;
          }
        }
        if (requests.length === 0 || round === roundsPerReply) return;
        if (text !== '') soFar.push(text);
        for (const request of requests) {
          const call = await runTool(request, options.tools, signal);
          yield { type: 'call', call };
          soFar.push(call);
        }
      }
    } catch (error) {
      throw signal.aborted ? abortReason(signal) : error;
    } finally {
      leave();
    }
  }

  #fit(history: readonly ChatMessage[], { maxTokens }: ReplyOptions): readonly ChatMessage[] {
    const tokens = (text: string) => Math.ceil(text.length / charactersPerToken);
    const fitted = fitHistory(
      history,
      this.#contextTokens - Math.min(maxTokens, this.#contextTokens / 2),
      this.#dropped,
      {
        prompt: (of) => of.reduce((sum, { text }) => sum + tokens(text) + 8, 0),
        text: tokens,
        cut: (text, limit, keep) =>
          keep === 'end'
            ? text.slice(-limit * charactersPerToken)
            : text.slice(0, limit * charactersPerToken),
      },
    );
    this.#dropped = fitted.dropped;
    return fitted.history;
  }
}

function parseExtra(extra: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = extra === '' ? {} : JSON.parse(extra);
  } catch (error) {
    throw new ConfigurationError(`${name}.extra is not JSON: ${extra}`, { cause: error });
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed))
    return parsed as Record<string, unknown>;
  throw new ConfigurationError(`${name}.extra must be a JSON object, such as {"top_p": 0.9}.`);
}
