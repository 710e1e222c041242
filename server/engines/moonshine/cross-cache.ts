/** Keys and values of the frames heard so far, as the decoder wants them: computed once per frame. */
import type { Tensor } from 'onnxruntime-node';

import type { OnnxSession } from '../onnx/onnx-session.js';
import { floatTensor } from '../onnx/tensors.js';
import type { MoonshineConfig } from './moonshine-config.js';
import type { Rows } from '../onnx/rows.js';

export class CrossCache {
  readonly #graph: OnnxSession;
  readonly #config: MoonshineConfig;
  /** Every head of every layer: `[depth, 1, nheads, frames, head_dim]`. */
  #keys = new Float32Array(0);
  #values = new Float32Array(0);
  #frames = 0;

  constructor(graph: OnnxSession, config: MoonshineConfig) {
    this.#graph = graph;
    this.#config = config;
  }

  /** Adds the frames of `memory` that it does not have yet. */
  async follow(memory: Rows): Promise<void> {
    const fresh = memory.length - this.#frames;
    if (fresh <= 0) return;
    const outputs = await this.#graph.run({
      memory: floatTensor(memory.since(this.#frames), [1, fresh, memory.width]),
    });
    this.#keys = this.#joined(this.#keys, outputs.floats('k_cross'), fresh);
    this.#values = this.#joined(this.#values, outputs.floats('v_cross'), fresh);
    this.#frames += fresh;
  }

  /** One that has the same frames and goes its own way. */
  copy(): CrossCache {
    const copy = new CrossCache(this.#graph, this.#config);
    copy.#keys = this.#keys;
    copy.#values = this.#values;
    copy.#frames = this.#frames;
    return copy;
  }

  get tensors(): { out_k_cross: Tensor; out_v_cross: Tensor } {
    const { depth, nheads, head_dim: size } = this.#config;
    const shape = [depth, 1, nheads, this.#frames, size];
    return {
      out_k_cross: floatTensor(this.#keys, shape),
      out_v_cross: floatTensor(this.#values, shape),
    };
  }

  /** Appends `fresh` frames to every head. */
  #joined(before: Float32Array, added: Float32Array, fresh: number): Float32Array<ArrayBuffer> {
    const { depth, nheads, head_dim: size } = this.#config;
    const old = this.#frames * size;
    const more = fresh * size;
    const joined = new Float32Array(depth * nheads * (old + more));
    for (let head = 0; head < depth * nheads; head++) {
      joined.set(before.subarray(head * old, (head + 1) * old), head * (old + more));
      joined.set(added.subarray(head * more, (head + 1) * more), head * (old + more) + old);
    }
    return joined;
  }
}
