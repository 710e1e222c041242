/** Writes down what Whisper's encoder heard: greedily, token by token, with keys and values kept. */
import { Tensor } from 'onnxruntime-node';

import type { OnnxSession } from '../onnx/onnx-session.js';
import { argMax, integerTensor, zeros } from '../onnx/tensors.js';
import type { WhisperConfig } from './whisper-config.js';

export const DECODER_INPUTS = ['input_ids', 'encoder_hidden_states', 'use_cache_branch'] as const;

/** Nobody says more tokens in a second; a decoder that repeats itself is stopped here. */
const TOKENS_PER_SECOND = 10;
const FEWEST_TOKENS = 8;

/**
 * @param heard `last_hidden_state` of the encoder.
 * @param seconds of speech.
 * @param signal looked at before every run.
 * @returns tokens without the prompt and the end.
 */
export async function decode(
  graph: OnnxSession,
  config: WhisperConfig,
  heard: Tensor,
  seconds: number,
  signal: AbortSignal,
): Promise<number[]> {
  const most = Math.min(
    config.maxTokens - config.prompt.length,
    Math.ceil(FEWEST_TOKENS + seconds * TOKENS_PER_SECOND),
  );
  const cache = emptyCache(config);
  const tokens: number[] = [];
  let input = config.prompt;
  while (tokens.length < most) {
    signal.throwIfAborted();
    const isFirst = tokens.length === 0;
    const outputs = await graph.run({
      input_ids: integerTensor(input, [1, input.length]),
      encoder_hidden_states: heard,
      use_cache_branch: new Tensor('bool', Uint8Array.of(isFirst ? 0 : 1), [1]),
      ...Object.fromEntries(cache),
    });
    for (const name of cache.keys()) {
      // What was heard does not change; after the first run the graph gives an empty tensor in its place.
      if (isFirst || !name.includes('.encoder.'))
        cache.set(name, outputs.tensor(name.replace(PAST, 'present')));
    }
    const logits = outputs.floats('logits');
    const size = logits.length / input.length;
    const last = logits.slice(-size);
    const forbidden = isFirst ? [...config.suppressed, ...config.suppressedFirst] : config.suppressed;
    for (const token of forbidden) last[token] = -Infinity;
    const next = argMax(last);
    if (next === config.end) break;
    tokens.push(next);
    input = [next];
  }
  return tokens;
}

const PAST = 'past_key_values';

function emptyCache({ layers, heads, headSize }: WhisperConfig): Map<string, Tensor> {
  const names = Array.from({ length: layers }, (_, layer) =>
    ['decoder', 'encoder'].flatMap((side) =>
      ['key', 'value'].map((kind) => `${PAST}.${layer}.${side}.${kind}`),
    ),
  );
  return new Map(names.flat().map((name) => [name, zeros([1, heads, 0, headSize])]));
}
