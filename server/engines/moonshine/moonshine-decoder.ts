/**
 * Writes down what a streaming Moonshine model heard: greedily, token by token, beginning with those of the last time
 * as long as the model would choose them again, which one run tells.
 */
import type { Tensor } from 'onnxruntime-node';

import type { OnnxSession } from '../onnx/onnx-session.js';
import { argMax, integerTensor, zeros } from '../onnx/tensors.js';
import type { CrossCache } from './cross-cache.js';
import type { MoonshineConfig } from './moonshine-config.js';

export const DECODER_INPUTS = ['token', 'k_self', 'v_self', 'out_k_cross', 'out_v_cross'] as const;

/** Nobody says more tokens in a second; a decoder that repeats itself is stopped here. */
const TOKENS_PER_SECOND = 6.5;
const FRAMES_PER_SECOND = 50;

/** Keys and values of the tokens before: `[depth, 1, nheads, tokens, head_dim]`. */
interface SelfCache {
  k_self: Tensor;
  v_self: Tensor;
}

/**
 * @param frames that `cross` holds; not 0.
 * @param before tokens of an earlier, shorter hearing of the same speech.
 * @param signal looked at before every run.
 * @returns tokens without those of beginning and end.
 */
export async function decode(
  graph: OnnxSession,
  config: MoonshineConfig,
  { cross, frames }: { cross: CrossCache; frames: number },
  before: readonly number[],
  signal: AbortSignal,
): Promise<number[]> {
  const { bos_id: bos, eos_id: eos, vocab_size: size } = config;
  const most = Math.min(Math.ceil((frames / FRAMES_PER_SECOND) * TOKENS_PER_SECOND), config.max_seq_len);
  const { out_k_cross, out_v_cross } = cross.tensors;

  /** @returns the model's choice after each of `tokens`. */
  const choose = async (tokens: readonly number[], cache: SelfCache): Promise<[number[], SelfCache]> => {
    signal.throwIfAborted();
    const token = integerTensor(tokens, [1, tokens.length]);
    const outputs = await graph.run({ token, ...cache, out_k_cross, out_v_cross });
    const logits = outputs.floats('logits');
    const next = { k_self: outputs.tensor('out_k_self'), v_self: outputs.tensor('out_v_self') };
    return [tokens.map((_, place) => argMax(logits, place * size, size)), next];
  };

  const draft = before.slice(0, most);
  let [choices, cache] = await choose([bos, ...draft], emptyCache(config));
  const accepted = draft.findIndex((token, place) => token !== choices[place]);
  const tokens = accepted < 0 ? draft : draft.slice(0, accepted);
  if (accepted >= 0) cache = shortened(cache, config, accepted + 1);
  let next = choices[tokens.length] ?? eos;
  while (next !== eos && tokens.length < most) {
    tokens.push(next);
    [choices, cache] = await choose([next], cache);
    next = choices[0] ?? eos;
  }
  return tokens;
}

function emptyCache({ depth, nheads, head_dim: size }: MoonshineConfig): SelfCache {
  const shape = [depth, 1, nheads, 0, size];
  return { k_self: zeros(shape), v_self: zeros(shape) };
}

/** The cache of the first `tokens` tokens. */
function shortened(cache: SelfCache, config: MoonshineConfig, tokens: number): SelfCache {
  const { depth, nheads, head_dim: size } = config;
  const cut = ({ data, dims }: Tensor): Tensor => {
    const all = data as Float32Array;
    const length = (dims[3] ?? 0) * size;
    const result = zeros([depth, 1, nheads, tokens, size]);
    for (let head = 0; head < depth * nheads; head++) {
      const kept = all.subarray(head * length, head * length + tokens * size);
      (result.data as Float32Array).set(kept, head * tokens * size);
    }
    return result;
  };
  return { k_self: cut(cache.k_self), v_self: cut(cache.v_self) };
}
