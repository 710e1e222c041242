/** Language models of real shapes with random weights: as quick and as large as the real ones, and without sense. */
import { writeGguf, type GgufTensor, type GgufValue } from './gguf-writer.js';

export interface ModelShape {
  layers: number;
  width: number;
  heads: number;
  keyValueHeads: number;
  headWidth: number;
  feedForward: number;
  vocabulary: number;
  contextTokens: number;
}

/** From the configurations that the makers publish with their models. */
export const shapes = {
  'qwen3-0.6b': {
    layers: 28,
    width: 1024,
    heads: 16,
    keyValueHeads: 8,
    headWidth: 128,
    feedForward: 3072,
    vocabulary: 151_936,
    contextTokens: 40_960,
  },
  'qwen3-1.7b': {
    layers: 28,
    width: 2048,
    heads: 16,
    keyValueHeads: 8,
    headWidth: 128,
    feedForward: 6144,
    vocabulary: 151_936,
    contextTokens: 40_960,
  },
  'qwen3-4b': {
    layers: 36,
    width: 2560,
    heads: 32,
    keyValueHeads: 8,
    headWidth: 128,
    feedForward: 9728,
    vocabulary: 151_936,
    contextTokens: 262_144,
  },
  /** Of no real model: loaded in a moment, for tests. */
  tiny: {
    layers: 2,
    width: 256,
    heads: 4,
    keyValueHeads: 2,
    headWidth: 64,
    feedForward: 512,
    vocabulary: 1024,
    contextTokens: 4096,
  },
} as const satisfies Record<string, ModelShape>;

/** A template of the ChatML family, which these models use. */
const template =
  "{%- for message in messages -%}{{ '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}" +
  "{%- endfor -%}{%- if add_generation_prompt -%}{{ '<|im_start|>assistant\\n' }}{%- endif -%}";

const special = [
  '<|endoftext|>',
  '<|im_start|>',
  '<|im_end|>',
  '<think>',
  '</think>',
  '<tool_call>',
  '</tool_call>',
];

/**
 * Weights are mixed as llama.cpp mixes them for Q4_K_M.
 * @param metadata replaces or adds.
 */
export async function writeRandomModel(
  path: string,
  shape: ModelShape,
  metadata: Readonly<Record<string, GgufValue>> = {},
): Promise<void> {
  await writeGguf(path, { ...metadataOf(shape), ...metadata }, tensorsOf(shape));
}

function tensorsOf(shape: ModelShape): GgufTensor[] {
  const { layers, width, heads, keyValueHeads, headWidth, feedForward, vocabulary } = shape;
  const tensors: GgufTensor[] = [
    { name: 'token_embd.weight', shape: [width, vocabulary], type: 'q6_k' },
    { name: 'output_norm.weight', shape: [width], type: 'f32' },
  ];
  for (let layer = 0; layer < layers; layer++) {
    const eighth = Math.floor(layers / 8);
    const finer = layer < eighth || layer >= layers - eighth || (layer - eighth) % 3 === 2 ? 'q6_k' : 'q4_k';
    const add = (name: string, dimensions: number[], type: GgufTensor['type']) =>
      tensors.push({ name: `blk.${layer}.${name}.weight`, shape: dimensions, type });
    add('attn_norm', [width], 'f32');
    add('attn_q', [width, heads * headWidth], 'q4_k');
    add('attn_q_norm', [headWidth], 'f32');
    add('attn_k', [width, keyValueHeads * headWidth], 'q4_k');
    add('attn_k_norm', [headWidth], 'f32');
    add('attn_v', [width, keyValueHeads * headWidth], finer);
    add('attn_output', [heads * headWidth, width], 'q4_k');
    add('ffn_norm', [width], 'f32');
    add('ffn_gate', [width, feedForward], 'q4_k');
    add('ffn_up', [width, feedForward], 'q4_k');
    add('ffn_down', [feedForward, width], finer);
  }
  return tensors;
}

function metadataOf(shape: ModelShape): Record<string, GgufValue> {
  const tokens = vocabularyOf(shape.vocabulary);
  const id = (token: string) => ({ u32: tokens.indexOf(token) });
  return {
    'general.architecture': 'qwen3',
    'general.name': 'Random weights',
    'qwen3.block_count': { u32: shape.layers },
    'qwen3.context_length': { u32: shape.contextTokens },
    'qwen3.embedding_length': { u32: shape.width },
    'qwen3.feed_forward_length': { u32: shape.feedForward },
    'qwen3.attention.head_count': { u32: shape.heads },
    'qwen3.attention.head_count_kv': { u32: shape.keyValueHeads },
    'qwen3.attention.key_length': { u32: shape.headWidth },
    'qwen3.attention.value_length': { u32: shape.headWidth },
    'qwen3.attention.layer_norm_rms_epsilon': { f32: 1e-6 },
    'qwen3.rope.freq_base': { f32: 1e6 },
    'tokenizer.ggml.model': 'gpt2',
    'tokenizer.ggml.pre': 'qwen2',
    'tokenizer.ggml.tokens': tokens,
    'tokenizer.ggml.token_type': { i32: tokens.map((token) => (special.includes(token) ? 3 : 1)) },
    'tokenizer.ggml.merges': ['Ġ t'],
    'tokenizer.ggml.eos_token_id': id('<|im_end|>'),
    'tokenizer.ggml.padding_token_id': id('<|endoftext|>'),
    'tokenizer.ggml.add_bos_token': false,
    'tokenizer.chat_template': template,
  };
}

/** One token for each byte, the special ones, and others that no text has. */
function vocabularyOf(size: number): string[] {
  const bytes = byteTokens();
  const fill = Array.from({ length: size - bytes.length - special.length - 1 }, (_, index) => `w${index}`);
  return [...bytes, 'Ġt', ...fill, ...special];
}

/** The characters that stand for bytes in vocabularies of GPT-2's kind. */
function byteTokens(): string[] {
  const tokens: string[] = [];
  let next = 256;
  for (let byte = 0; byte < 256; byte++) {
    const printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    tokens.push(String.fromCodePoint(printable ? byte : next++));
  }
  return tokens;
}
