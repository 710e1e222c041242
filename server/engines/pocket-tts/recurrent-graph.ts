/** A graph that is run step by step: beyond its own inputs and outputs it takes and gives its state, in the same order. */
import { Tensor } from 'onnxruntime-node';

import { ModelUnusableError } from '../../errors.js';
import type { OnnxSession } from '../onnx/onnx-session.js';

/** What a graph is to be given next time; never changed, so that it may be used more than once. */
export type GraphState = readonly Tensor[];

export class RecurrentGraph {
  readonly #session: OnnxSession;
  readonly #inputs: readonly string[];
  readonly #outputs: readonly string[];
  /** Inputs and outputs that are no state. */
  readonly #ownInputs: number;
  readonly #ownOutputs: number;

  /**
   * @param own how many inputs and outputs are no state; they come first.
   * @throws ModelUnusableError when as many states go in as come out.
   */
  constructor(session: OnnxSession, own: { inputs: number; outputs: number }) {
    this.#session = session;
    this.#inputs = session.inputs;
    this.#outputs = session.outputs;
    this.#ownInputs = own.inputs;
    this.#ownOutputs = own.outputs;
    const [taken, given] = [this.#inputs.length - own.inputs, this.#outputs.length - own.outputs];
    if (taken !== given)
      throw new ModelUnusableError(
        `${session.path} takes ${taken} states and gives ${given}: it is another model.`,
      );
  }

  /** The state of a new stream: zeros; sizes that vary are 1. */
  start(): GraphState {
    return this.#inputs.slice(this.#ownInputs).map((name) => {
      const { type, shape } = this.#session.input(name);
      const sizes = shape.map((size) => (typeof size === 'number' && size >= 0 ? size : 1));
      const count = sizes.reduce((product, size) => product * size, 1);
      if (type === 'float32') return new Tensor(type, new Float32Array(count), sizes);
      if (type === 'int64') return new Tensor(type, new BigInt64Array(count), sizes);
      if (type === 'bool') return new Tensor(type, new Uint8Array(count), sizes);
      throw new ModelUnusableError(`${this.#session.path} has a state of ${type}, which is not known here.`);
    });
  }

  /** @param values of its own inputs, in order. */
  async step(values: readonly Tensor[], state: GraphState): Promise<{ own: Tensor[]; state: GraphState }> {
    const given = [...values, ...state];
    const feeds = Object.fromEntries(this.#inputs.map((name, place) => [name, given[place] as Tensor]));
    const outputs = await this.#session.run(feeds);
    const all = this.#outputs.map((name) => outputs.tensor(name));
    return { own: all.slice(0, this.#ownOutputs), state: all.slice(this.#ownOutputs) };
  }

  close(): Promise<void> {
    return this.#session.close();
  }
}
