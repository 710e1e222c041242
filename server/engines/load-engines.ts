/** Loads and warms every engine that the configuration names, once, before the first caller. */
import { isAbsolute, join } from 'node:path';
import type { Config } from '../config.js';
import { ConfigurationError } from '../errors.js';
import type { Logger } from '../log.js';
import type { StartCallResult } from '../protocol.js';
import { projectRoot } from '../project-root.js';
import type { EngineLoad } from './engine-host.js';
import type { Engines } from './engine-types.js';
import { FliteSynthesizer } from './flite-synthesizer.js';
import { LlamaLanguageModel } from './llama-language-model.js';
import { PocketSphinxRecognizer } from './pocketsphinx-recognizer.js';

export interface LoadedEngines extends Engines {
  /** What the page is told. */
  about: Pick<StartCallResult, 'models' | 'voices'>;
  /** Requests that wait in each engine, by name. */
  queues(): Record<string, EngineLoad>;
  /** Ends all engines. Idempotent. */
  close(): Promise<void>;
}

/** How long the first real request of all engines together may take, ms. */
const warmLimitMs = 60_000;

/**
 * Loads all engines at the same time and runs a real request through each.
 * @throws ModelUnusableError, ConfigurationError; what was loaded before is closed again.
 */
export async function loadEngines(config: Config, log: Logger): Promise<LoadedEngines> {
  const path = config.languageModel.path;
  const starting = [
    PocketSphinxRecognizer.start({
      decoders: config.recognizer.decoders,
      // A machine at its limit is slow; only a decoder that does nothing at all is to be replaced.
      silenceLimitMs: 15_000,
      logger: log,
    }),
    LlamaLanguageModel.load({
      ...config.languageModel,
      path: isAbsolute(path) ? path : join(projectRoot(), path),
      logger: log,
    }),
    FliteSynthesizer.start({ voice: config.synthesizer.voice, logger: log }),
  ] as const;
  const results = await Promise.allSettled(starting);
  const close = async () => {
    await Promise.all(
      results.flatMap((result) => (result.status === 'fulfilled' ? [result.value.close()] : [])),
    );
  };
  try {
    const [recognizer, languageModel, synthesizer] = await Promise.all(starting);
    const { voice } = config.synthesizer;
    if (!synthesizer.voices.includes(voice)) {
      throw new ConfigurationError(
        `synthesizer.voice: there is no voice ${voice}. Voices: ${synthesizer.voices.join(', ')}.`,
      );
    }
    const signal = AbortSignal.timeout(warmLimitMs);
    await Promise.all([recognizer.warm(signal), languageModel.warm(signal), synthesizer.warm(signal)]);
    return {
      recognizer,
      languageModel,
      synthesizer,
      about: {
        voices: [...synthesizer.voices],
        models: {
          recognizer: recognizer.name,
          languageModel: languageModel.name,
          synthesizer: synthesizer.name,
          note:
            'These are the small built-in models: enough to try Parley, to test it and to work without a network. ' +
            'They understand plain English and know little.',
        },
      },
      queues: () => ({ [recognizer.name]: recognizer.load, [synthesizer.name]: synthesizer.load }),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
