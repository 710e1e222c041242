/** Turns a conversation into the tokens that a model was trained on, through the chat template in its file. */
import {
  type ChatHistoryItem,
  type ChatModelFunctions,
  type ChatModelResponse,
  type ChatWrapper,
  type GbnfJsonSchema,
  type LlamaModel,
  LlamaText,
  resolveChatWrapper,
  type Token,
} from 'node-llama-cpp';

import type { ChatMessage, Tool, ToolCall } from './engine-types.js';
import type { ReplySyntax } from './llama-reply-parser.js';

/** What the model has said and done so far in the answer that is being generated. */
export type ReplySoFar = readonly (string | ToolCall)[];

/** How the caller's turn ends in this template: with a token that the model can foresee. */
interface EndOfTurn {
  token: Token;
  /** Tokens from that one to where the answer begins, both counted. */
  tailLength: number;
}

/** `discourage` begins every answer behind an empty thought, `auto` leaves it to the model, for one that never thinks. */
export type LlamaThoughts = 'discourage' | 'auto';

export class LlamaPrompt {
  readonly #model: LlamaModel;
  readonly #wrapper: ChatWrapper;
  readonly syntax: ReplySyntax;
  /** What an answer begins behind, so that a model that would think does not; empty where the template has seen to it. */
  #emptyThought: Token[] = [];
  readonly #endOfTurn: EndOfTurn | undefined;

  /**
   * Reads the template, once for all callers.
   * @param asWritten takes the template in the file as it is, without looking for a ready-made equivalent of it: that
   *   takes a second on the main thread, and knows only large models.
   */
  constructor(model: LlamaModel, asWritten: boolean, thoughts: LlamaThoughts = 'discourage') {
    this.#model = model;
    const options = {
      warningLogs: false,
      // Thoughts are silence to somebody on the phone.
      customWrapperSettings: { jinjaTemplate: { reasoning: false }, qwen: { thoughts } },
    } as const;
    const own = asWritten ? resolveChatWrapper(model, { ...options, type: 'jinjaTemplate' }) : null;
    this.#wrapper = own ?? resolveChatWrapper(model, options);
    if (thoughts === 'discourage') this.#emptyThought = this.#findEmptyThought();
    this.syntax = this.#readSyntax();
    this.#endOfTurn = this.#findEndOfTurn();
  }

  /** Everything up to where the model goes on: behind `soFar` when the caller spoke last, else behind the history. */
  tokens(history: readonly ChatMessage[], tools: readonly Tool[], soFar: ReplySoFar = []): Token[] {
    const items = history.map(toHistoryItem);
    if (soFar.length > 0 || history.at(-1)?.role !== 'assistant')
      items.push({ type: 'model', response: [...soFar.map((item) => toResponse(item)), ''] });
    const state = this.#wrapper.generateContextState({
      chatHistory: items,
      ...(tools.length === 0 ? {} : { availableFunctions: toFunctions(tools) }),
      documentFunctionParams: true,
    });
    const tokens = state.contextText.tokenize(this.#model.tokenizer);
    const begins = soFar.length === 0 && history.at(-1)?.role !== 'assistant';
    return begins ? [...tokens, ...this.#emptyThought] : tokens;
  }

  /** What every conversation begins with whose first messages are these, whatever the caller then says. */
  beginning(history: readonly ChatMessage[], tools: readonly Tool[]): Token[] {
    const [one, other] = ['yes', 'no'].map((text) =>
      this.tokens([...history, { role: 'user', text }], tools),
    );
    const end = one?.findIndex((token, index) => token !== other?.[index]) ?? 0;
    return one?.slice(0, Math.max(0, end)) ?? [];
  }

  /**
   * Of the tokens of a conversation that ends with the caller's turn: those up to the caller's last word, and the token
   * that would end the turn there; `undefined` when the template marks the end with ordinary text.
   */
  callerTurn(tokens: readonly Token[]): { tokens: Token[]; end: Token } | undefined {
    if (this.#endOfTurn === undefined) return undefined;
    const at = tokens.length - this.#endOfTurn.tailLength;
    if (tokens[at] !== this.#endOfTurn.token) return undefined;
    return { tokens: tokens.slice(0, at), end: this.#endOfTurn.token };
  }

  /** Whether a token belongs to the template and to nothing that the model may say: it has lost its way. */
  isOutOfPlace(token: Token): boolean {
    if (!this.#model.isSpecialToken(token)) return false;
    const { callPrefixes, argumentsPrefix, argumentsSuffix, stops, thought } = this.syntax;
    const marks = [...callPrefixes, argumentsPrefix, argumentsSuffix, ...stops, ...(thought?.open ?? [])];
    const text = this.#model.detokenize([token], true);
    return ![...marks, thought?.close ?? ''].some((mark) => mark.includes(text));
  }

  /** Tokens of a text by itself. */
  tokenCount(text: string): number {
    return this.#model.tokenize(text).length;
  }

  /** The beginning or the end of a text that has this many tokens at most. */
  cut(text: string, tokens: number, keep: 'beginning' | 'end'): string {
    const all = this.#model.tokenize(text);
    if (all.length <= tokens) return text;
    if (tokens <= 0) return '';
    return this.#model.detokenize(keep === 'end' ? all.slice(-tokens) : all.slice(0, tokens));
  }

  /**
   * Templates of models that may think put an empty thought where an answer is to begin without one; the library does not
   * render that place of all of them.
   */
  #findEmptyThought(): Token[] {
    const { chat_template: template = '' } = this.#model.fileInfo.metadata.tokenizer;
    if (!template.includes('enable_thinking') || !template.includes('</think>')) return [];
    const prompt = this.#model.detokenize(this.tokens([{ role: 'user', text: 'yes' }], []), true);
    return prompt.includes('</think>') ? [] : this.#model.tokenize('<think>\n\n</think>\n\n', true);
  }

  #readSyntax(): ReplySyntax {
    const { functions, segments } = this.#wrapper.settings;
    const text = (value: string | LlamaText | undefined) =>
      value === undefined
        ? ''
        : this.#model.detokenize(LlamaText(value).tokenize(this.#model.tokenizer), true);
    const { call } = functions;
    const thought = segments?.thought;
    const state = this.#wrapper.generateContextState({ chatHistory: [{ type: 'model', response: [''] }] });
    const open = thought?.prefix;
    const opensItself = typeof open === 'object' && !LlamaText.isLlamaText(open);
    return {
      callPrefixes: [call.prefix, ...(call.prefixAlternateMatches ?? [])].map(text),
      argumentsPrefix: text(call.paramsPrefix),
      argumentsSuffix: text(call.suffix),
      stops: state.stopGenerationTriggers.map(text),
      ...(thought?.suffix === undefined
        ? {}
        : {
            thought: {
              open: opensItself || open === undefined ? [] : [text(open)],
              close: text(thought.suffix),
              openAtStart: opensItself,
            },
          }),
    };
  }

  /** Where two turns that begin alike differ, the shorter one ends. */
  #findEndOfTurn(): EndOfTurn | undefined {
    const short = this.tokens([{ role: 'user', text: 'yes' }], []);
    const long = this.tokens([{ role: 'user', text: 'yes and no' }], []);
    const at = short.findIndex((token, index) => token !== long[index]);
    const token = short[at];
    if (token === undefined || !this.#model.isSpecialToken(token)) return undefined;
    return { token, tailLength: short.length - at };
  }
}

function toHistoryItem(message: ChatMessage): ChatHistoryItem {
  switch (message.role) {
    case 'system':
      return { type: 'system', text: message.text };
    case 'user':
      return { type: 'user', text: message.text };
    case 'assistant':
      return { type: 'model', response: [...(message.calls ?? []).map(toResponse), message.text] };
  }
}

function toResponse(item: string | ToolCall): ChatModelResponse['response'][number] {
  if (typeof item === 'string') return item;
  return { type: 'functionCall', name: item.name, params: item.arguments, result: item.result };
}

function toFunctions(tools: readonly Tool[]): ChatModelFunctions {
  return Object.fromEntries(
    tools.map(({ name, description, parameters }) => [
      name,
      { description, ...(parameters === undefined ? {} : { params: parameters as GbnfJsonSchema }) },
    ]),
  );
}
