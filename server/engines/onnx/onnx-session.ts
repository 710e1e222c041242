/** Opens ONNX models as this server runs them: in a thread of their own, quiet, and sparing with processors. */
import { basename } from 'node:path';
import { InferenceSession, type Tensor } from 'onnxruntime-node';

import { ModelUnusableError } from '../../errors.js';

/** Where a model runs. */
export interface OnnxPlace {
  /** Threads of one run. Default 1. */
  threads?: number;
  /** `cuda`: the first graphics card; what it cannot do runs on the processor. Default `cpu`. */
  device?: 'cpu' | 'cuda';
}

/** A model in memory, with its peculiarities checked. */
export class OnnxSession {
  readonly path: string;
  readonly #session: InferenceSession;

  private constructor(session: InferenceSession, path: string) {
    this.#session = session;
    this.path = path;
  }

  /**
   * @param inputs names that it must have; others it may have besides.
   * @throws ModelUnusableError when the file is missing, damaged or another model.
   */
  static async open(
    path: string,
    inputs: readonly string[],
    { threads = 1, device = 'cpu' }: OnnxPlace = {},
  ): Promise<OnnxSession> {
    let session: InferenceSession;
    try {
      session = await InferenceSession.create(path, {
        executionProviders: device === 'cuda' ? [{ name: 'cuda', deviceId: 0 }, 'cpu'] : ['cpu'],
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        executionMode: 'sequential',
        graphOptimizationLevel: 'all',
        // A thread that spins while it waits would take a processor from the media.
        extra: { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } },
        logSeverityLevel: 3,
      });
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new ModelUnusableError(`The model ${path} cannot be loaded: ${why}`, { cause });
    }
    const missing = inputs.filter((name) => !session.inputNames.includes(name));
    if (missing.length > 0) {
      await session.release();
      throw new ModelUnusableError(
        `${path} is another model than expected: it has no input ${missing.join(', ')}, only ${session.inputNames.join(', ')}.`,
      );
    }
    return new OnnxSession(session, path);
  }

  get inputs(): readonly string[] {
    return this.#session.inputNames;
  }

  get outputs(): readonly string[] {
    return this.#session.outputNames;
  }

  /** Type and shape of an input; dimensions that vary are names. */
  input(name: string): { type: Tensor.Type; shape: readonly (number | string)[] } {
    const input = this.#session.inputMetadata.find((candidate) => candidate.name === name);
    if (!input?.isTensor) throw this.#unusable(`has no input ${name}`);
    return input;
  }

  /** Blocks the thread for as long as the model takes. */
  async run(feeds: Record<string, Tensor>): Promise<OnnxOutputs> {
    return new OnnxOutputs(await this.#session.run(feeds), this.path);
  }

  async close(): Promise<void> {
    await this.#session.release();
  }

  #unusable(what: string): ModelUnusableError {
    return new ModelUnusableError(`${this.path} is another model than expected: it ${what}.`);
  }
}

/** What a run gave, by name. */
export class OnnxOutputs {
  readonly #values: InferenceSession.OnnxValueMapType;
  readonly #path: string;

  constructor(values: InferenceSession.OnnxValueMapType, path: string) {
    this.#values = values;
    this.#path = path;
  }

  /** @throws ModelUnusableError when the model has no such output. */
  tensor(name: string): Tensor {
    const value = this.#values[name];
    if (value === undefined) {
      const known = Object.keys(this.#values).join(', ');
      throw new ModelUnusableError(`${basename(this.#path)} gave no ${name}, only ${known}.`);
    }
    return value;
  }

  /** Numbers of a float32 output. */
  floats(name: string): Float32Array {
    const { data, type } = this.tensor(name);
    if (!(data instanceof Float32Array))
      throw new ModelUnusableError(`${basename(this.#path)} gave ${name} as ${type}, not as float32.`);
    return data;
  }

  /** The first output, whatever its name. */
  get first(): Tensor {
    const [name = ''] = Object.keys(this.#values);
    return this.tensor(name);
  }
}
