/** What a language model needs of memory, computed before it is allocated: whoever asks for too much is told what would fit. */
import type { GgufFileInfo, GgufInsights, Llama } from 'node-llama-cpp';
import { ModelUnusableError } from '../errors.js';
import { batchTokens } from './llama-batching.js';
import type { ModelHeader } from './llama-model-file.js';

export interface MemoryWanted {
  sequences: number;
  /** Tokens of one sequence. */
  contextTokens: number;
  batchTokens: number;
  /** Layers on the graphics card. */
  gpuLayers: number;
}

/** Bytes. */
export interface MemoryPlan extends MemoryWanted {
  weights: number;
  /** Keys and values of one token in all layers. */
  perToken: number;
  /** Keys and values of all sequences: allocated at once, whether or not anybody calls. */
  keysAndValues: number;
  /** What all of it comes to in the computer and on the card, with what is computed with. */
  total: { ram: number; card: number };
}

/** Keys and values are kept as 16-bit floats. */
const bytesPerValue = 2;
/** llama.cpp rounds the context of a sequence up to a multiple. */
const contextMultiple = 256;

/**
 * Where llama.cpp is started.
 * @param wanted `gpuLayers`: -1 for all; none without a card. A sequence gets no more tokens than the model was made for.
 */
export function planOn(
  { gpu }: Pick<Llama, 'gpu'>,
  { info, insights }: ModelHeader,
  wanted: { sequences: number; contextTokens: number; gpuLayers?: number | undefined },
): MemoryPlan {
  const { sequences, contextTokens, gpuLayers = -1 } = wanted;
  return planMemory(info, insights, {
    sequences,
    contextTokens: Math.min(contextTokens, insights.trainContextSize ?? Infinity),
    batchTokens: Math.max(batchTokens, sequences),
    gpuLayers: gpu === false ? 0 : gpuLayers < 0 ? insights.totalLayers : gpuLayers,
  });
}

function planMemory(info: GgufFileInfo, insights: GgufInsights, wanted: MemoryWanted): MemoryPlan {
  const { sequences, contextTokens, batchTokens, gpuLayers } = wanted;
  const rounded = Math.ceil(contextTokens / contextMultiple) * contextMultiple;
  const perToken = bytesPerToken(info);
  const model = insights.estimateModelResourceRequirements({ gpuLayers });
  const context = insights.estimateContextResourceRequirements({
    contextSize: rounded,
    sequences,
    batchSize: batchTokens,
    modelGpuLayers: gpuLayers,
  });
  return {
    ...wanted,
    weights: insights.modelSize,
    perToken,
    keysAndValues: perToken * rounded * sequences,
    total: { ram: model.cpuRam + context.cpuRam, card: model.gpuVram + context.gpuVram },
  };
}

/** For the log. */
export function describeMemory({
  weights,
  perToken,
  keysAndValues,
  sequences,
  contextTokens,
}: MemoryPlan): string {
  return (
    `weights ${megabytes(weights)}, keys and values ${megabytes(keysAndValues)}: ${sequences} callers x ` +
    `${contextTokens} tokens x ${(perToken / 1024).toFixed(1)} KiB`
  );
}

/**
 * @param free bytes in the computer, and on the card.
 * @throws ModelUnusableError saying what is needed, what there is, and what would fit.
 */
export function checkMemory(plan: MemoryPlan, free: { ram: number; card: number }): void {
  for (const [place, name] of [
    ['card', 'The graphics card'],
    ['ram', 'The machine'],
  ] as const) {
    if (plan.total[place] <= free[place]) continue;
    const spare = free[place] - (plan.total[place] - plan.keysAndValues);
    const perCaller = plan.keysAndValues / plan.sequences;
    const fits = Math.floor(spare / perCaller);
    throw new ModelUnusableError(
      `${name} has ${megabytes(free[place])} free, and the language model needs ${megabytes(plan.total[place])} ` +
        `(${describeMemory(plan)}). ` +
        (fits >= 1
          ? `languageModel.sequences: ${fits} would fit, or fewer contextTokens.`
          : place === 'card'
            ? 'Put fewer layers on the card with languageModel.gpuLayers, or choose a smaller model.'
            : 'Choose a smaller model.'),
    );
  }
}

/** Of models that look back with every layer; hybrids need less. */
function bytesPerToken({ architectureMetadata }: GgufFileInfo): number {
  const { attention, block_count: layers, embedding_length: width } = architectureMetadata;
  const heads = attention?.head_count_kv ?? attention?.head_count ?? 1;
  const perHead = Number(width ?? 0) / Number([attention?.head_count ?? 1].flat()[0]);
  const headWidths = Number(attention?.key_length ?? perHead) + Number(attention?.value_length ?? perHead);
  // One number for all layers, or one for each.
  const headsOfLayers = Array.isArray(heads)
    ? heads.reduce<number>((sum, count) => sum + Number(count), 0)
    : Number(heads) * Number(layers);
  return headsOfLayers * headWidths * bytesPerValue;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
