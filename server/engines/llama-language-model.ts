/** The language model: llama.cpp in this process, one copy of the weights, one context, one sequence per caller. */
import { availableParallelism } from 'node:os';

import type { Llama, LlamaContext, LlamaModel } from 'node-llama-cpp';
import type { Logger } from 'pino';
import { z } from 'zod';

import { ConfigurationError, ModelUnusableError, WrongStateError } from '../errors.js';
import type { ChatMessage, LanguageModel, LanguageModelHandle, ReplyOptions, Tool } from './engine-types.js';
import { stepsBeforePrompts } from './llama-batching.js';
import { type LlamaDevice, startLlama } from './llama-device.js';
import { LlamaHandle } from './llama-handle.js';
import { checkMemory, describeMemory, planOn } from './llama-memory.js';
import { checkModelFile, checkWeights } from './llama-model-file.js';
import { LlamaPrompt, type LlamaThoughts } from './llama-prompt.js';
import { LlamaSequencePool } from './llama-sequence-pool.js';
import type { RunnerContext } from './runners.js';
import { SequenceGroup } from './sequence-group.js';
import { sharePrefix } from './llama-shared-prefix.js';

export interface LlamaLanguageModelOptions {
  /** Absolute path of a GGUF file. */
  path: string;
  /** Callers at once. */
  sequences: number;
  /** Tokens that one caller's sequence holds; never more than the model was made for. */
  contextTokens: number;
  /** Processor threads for inference. 0: one for models below 100 MB, else the number of cores. */
  threads: number;
  /** Where it computes; `auto` takes a graphics card when there is one. Default `cpu`. */
  device?: LlamaDevice;
  /** Layers on the graphics card; -1 for all. Default -1. */
  gpuLayers?: number;
  /** How models that think before they speak are kept from it. Default `discourage`. */
  thoughts?: LlamaThoughts;
  /**
   * Whether it keeps the beginning of a long call as a summary of its own; else the first turn and the latest ones are
   * kept as they are. Default: when it is no small model.
   */
  summarises?: boolean;
  /** A call into llama.cpp that takes longer has failed, ms. Default 60000. */
  stallMs?: number;
  /** What llama.cpp has to say goes here, at debug level. Default: nowhere. */
  logger?: Logger;
}

/**
 * A model of fewer bytes is slower on two threads than on one, since waking the second takes longer than its share of the
 * work; and its template is no copy of a well-known one.
 */
const smallModelBytes = 100_000_000;

const defaultStallMs = 60_000;

/** What an entry of the catalogue may say. */
const llamaOptions = z.strictObject({ thoughts: z.enum(['discourage', 'auto']).default('discourage') });

/** The runner of the catalogue's `llama`: any GGUF file. */
export async function runLlama({ model, config, log }: RunnerContext): Promise<LlamaLanguageModel> {
  const { sequences, contextTokens, threads, device, gpuLayers } = config.languageModel;
  const [path = ''] = model.paths;
  const checked = llamaOptions.safeParse(model.entry.options ?? {});
  if (!checked.success)
    throw new ConfigurationError(
      `The catalogue entry of ${model.entry.id} has options that llama.cpp's runner does not know: ` +
        checked.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '),
    );
  return LlamaLanguageModel.load({
    path,
    sequences,
    contextTokens,
    threads,
    device,
    gpuLayers,
    ...checked.data,
    logger: log,
  });
}

export class LlamaLanguageModel implements LanguageModel {
  readonly name = 'llama.cpp';
  readonly sequences: number;
  readonly #llama: Llama;
  readonly #model: LlamaModel;
  readonly #prompt: LlamaPrompt;
  readonly #pool: LlamaSequencePool;
  readonly #summarises: boolean;
  readonly #handles = new Set<LlamaHandle>();
  #closed: Promise<void> | undefined;

  /**
   * Loads the model. The process has to be started with UV_THREADPOOL_SIZE of at least 8: decoding and sampling run on
   * libuv's threads, beside file access and name look-ups.
   * @throws ModelUnusableError when the file is missing, damaged, or not a model that can chat.
   */
  static async load(options: LlamaLanguageModelOptions): Promise<LlamaLanguageModel> {
    const { path, sequences, logger } = options;
    await checkModelFile(path);
    const llama = await startLlama(options.device ?? 'cpu', logger);
    try {
      const header = await checkWeights(path, llama);
      const small = header.insights.modelSize < smallModelBytes;
      const threads = options.threads !== 0 ? options.threads : small ? 1 : availableParallelism();
      const plan = planOn(llama, header, options);
      logger?.info({ model: path, device: llama.gpu || 'cpu' }, `language model: ${describeMemory(plan)}`);
      const card = await llama.getVramState();
      checkMemory(plan, { ram: process.availableMemory(), card: card.free });
      const group = new SequenceGroup(options.stallMs ?? defaultStallMs);
      const model = await llama.loadModel({ modelPath: path, gpuLayers: plan.gpuLayers });
      const context = await model.createContext({
        sequences,
        contextSize: plan.contextTokens,
        batchSize: plan.batchTokens,
        threads: { ideal: threads, min: threads },
        ...(llama.gpu === false ? {} : { flashAttention: 'auto' }),
        batching: { itemPrioritizationStrategy: stepsBeforePrompts },
      });
      const { summarises = !small } = options;
      const prompt = new LlamaPrompt(model, small, options.thoughts);
      return new LlamaLanguageModel(llama, model, prompt, context, group, summarises);
    } catch (error) {
      await llama.dispose();
      if (error instanceof ModelUnusableError) throw error;
      throw new ModelUnusableError(
        `The language model ${path} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`,
        { cause: error },
      );
    }
  }

  private constructor(
    llama: Llama,
    model: LlamaModel,
    prompt: LlamaPrompt,
    context: LlamaContext,
    group: SequenceGroup,
    summarises: boolean,
  ) {
    this.#summarises = summarises;
    this.sequences = context.totalSequences;
    this.#llama = llama;
    this.#model = model;
    this.#prompt = prompt;
    this.#pool = new LlamaSequencePool(context, group);
  }

  get free(): number {
    return this.#pool.free;
  }

  /** Tokens evaluated since the start, prompts and answers of all callers together. */
  get evaluatedTokens(): number {
    return this.#pool.evaluatedTokens;
  }

  open(): LanguageModelHandle {
    if (this.#closed !== undefined) throw new WrongStateError('The language model is closed.');
    const sequence = this.#pool.lend();
    const handle = new LlamaHandle({
      model: this.#model,
      prompt: this.#prompt,
      sequence,
      pool: this.#pool,
      summarises: this.#summarises,
      onClose: () => {
        this.#handles.delete(handle);
        this.#pool.giveBack(sequence);
      },
    });
    this.#handles.add(handle);
    return handle;
  }

  /** One sequence evaluates, the others take its state. */
  async preload(history: readonly ChatMessage[], options: ReplyOptions, signal: AbortSignal): Promise<void> {
    await sharePrefix(this.#pool.idle, this.#prompt.beginning(history, options.tools), signal);
  }

  /** Answers twice, the second time to what makes the built-in model call a function. */
  async warm(signal: AbortSignal): Promise<void> {
    const now: Tool = {
      name: 'get_time',
      description: 'Tells the time.',
      run: () => Promise.resolve({ time: '12:00' }),
    };
    const options: ReplyOptions = { tools: [now], maxTokens: 16, temperature: 0 };
    const handle = this.open();
    try {
      for (const text of ['hello', 'what time is it']) {
        await handle.endOfTurn([], text, signal);
        for await (const _delta of handle.reply([{ role: 'user', text }], options, signal));
      }
    } finally {
      await handle.close();
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#handles].map((handle) => handle.close()));
    await this.#llama.dispose();
  }
}
