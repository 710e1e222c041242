/** Starts llama.cpp where it is to compute. */
import { getLlama, type Llama, LlamaLogLevel } from 'node-llama-cpp';
import type { Logger } from 'pino';
import { ModelUnusableError } from '../errors.js';

export type LlamaDevice = 'cpu' | 'cuda' | 'vulkan' | 'auto';

/**
 * @throws ModelUnusableError when the device that was asked for cannot be used; `auto` falls back to the processor and
 *   says so in the log.
 */
export async function startLlama(device: LlamaDevice, logger?: Logger): Promise<Llama> {
  const start = (gpu: 'cuda' | 'vulkan' | 'auto' | false) =>
    getLlama({
      gpu,
      build: 'never',
      maxThreads: 0,
      progressLogs: false,
      logLevel: logger?.isLevelEnabled('debug') === true ? LlamaLogLevel.info : LlamaLogLevel.disabled,
      logger: (level, message) => logger?.debug({ llama: level }, message.trimEnd()),
    });
  if (device === 'cpu') return start(false);
  try {
    const llama = await start(device);
    if (llama.gpu !== false) return llama;
    logger?.warn('no graphics card can be used: the language model computes on the processor');
    return llama;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    if (device !== 'auto')
      throw new ModelUnusableError(
        `languageModel.device: ${device} cannot be used: ${why}. "npm run models -- gpu" says what is missing; auto or cpu would work.`,
        { cause: error },
      );
    logger?.warn(
      { err: error },
      'no graphics card can be used: the language model computes on the processor',
    );
    return start(false);
  }
}
