/** Starts an engine on the graphics card where it gains by that, else on the processor. */
import type { Logger } from '../log.js';
import type { Engine } from './engine-types.js';

export type OnnxDevice = 'cpu' | 'cuda';

/** Requests that are timed; the first one pays for what is done once. */
const timedRequests = 3;
const limitMs = 120_000;
/** A card that gains less than this is left to others. */
const worthwhile = 0.9;

export interface DevicePorts {
  /** Says why the card cannot be used, or nothing. Asked first: what is wrong with a card can end the process that tries. */
  probe: () => Promise<string | undefined>;
  log: Logger;
}

/**
 * @param device `auto` measures: a real request on the card and on the processor, both warm.
 * @throws what `start` throws for the device that was asked for by name.
 */
export async function startWhereQuicker<E extends Engine>(
  device: OnnxDevice | 'auto',
  start: (device: OnnxDevice) => Promise<E>,
  { probe, log }: DevicePorts,
): Promise<E> {
  if (device !== 'auto') return start(device);
  const why = await probe();
  if (why !== undefined) {
    log.warn(`no graphics card for ONNX models (${why}): the processor computes`);
    return start('cpu');
  }
  let card: E | undefined;
  let cardMs = Infinity;
  try {
    card = await start('cuda');
    cardMs = await requestMs(card);
  } catch (error) {
    await card?.close();
    log.warn({ err: error }, 'the graphics card cannot run this model: the processor computes');
    return start('cpu');
  }
  const { processor, processorMs } = await onProcessor(card, start);
  const onCard = cardMs < worthwhile * processorMs;
  const figures = { cardMs: Math.round(cardMs), processorMs: Math.round(processorMs) };
  log.info(
    figures,
    `${card.name} computes on the ${onCard ? 'graphics card' : 'processor'}, which is quicker`,
  );
  await (onCard ? processor : card).close();
  return onCard ? card : processor;
}

/** @param card closed when the processor cannot run the model either. */
async function onProcessor<E extends Engine>(card: E, start: (device: OnnxDevice) => Promise<E>) {
  let processor: E | undefined;
  try {
    processor = await start('cpu');
    return { processor, processorMs: await requestMs(processor) };
  } catch (error) {
    await Promise.all([card.close(), processor?.close()]);
    throw error;
  }
}

/** The quickest of some requests: everything else that the machine does only makes them slower. */
async function requestMs(engine: Engine): Promise<number> {
  const signal = AbortSignal.timeout(limitMs);
  await engine.warm(signal);
  let quickest = Infinity;
  for (let request = 0; request < timedRequests; request++) {
    const begin = performance.now();
    await engine.warm(signal);
    quickest = Math.min(quickest, performance.now() - begin);
  }
  return quickest;
}
