/** Loads and warms every engine that the configuration names, once, before the first caller. */
import type { Config } from '../config.js';
import { ConfigurationError, ModelUnusableError } from '../errors.js';
import type { Logger } from '../log.js';
import type { StartCallResult } from '../protocol.js';
import type { Stage } from '../models/catalogue-entry.js';
import { readyModels } from '../models/configured-models.js';
import type { ReadyModel } from '../models/model-files.js';
import type { EngineLoad } from './engine-host.js';
import type { Engines } from './engine-types.js';
import { startWhereQuicker } from './measured-device.js';
import { cudaFault } from './onnx/cuda-probe.js';
import { startOrder } from './start-order.js';
import { runners, type Runner, type Runners } from './runners.js';

export interface LoadedEngines extends Engines {
  /** What the page is told. */
  about: Pick<StartCallResult, 'models' | 'voices'>;
  /** Requests that wait in each engine, by name. */
  queues(): Record<string, EngineLoad>;
  /** Ends all engines. Idempotent. */
  close(): Promise<void>;
}

/** How long the first real request of an engine may take, or of all together where they share no card, ms. */
const warmLimitMs = 60_000;

/**
 * Loads all engines, at the same time where they share no graphics card, and runs a real request through each.
 * @throws ModelUnusableError, ConfigurationError; what was loaded before is closed again.
 */
export async function loadEngines(config: Config, log: Logger): Promise<LoadedEngines> {
  const models = readyModels(config);
  const start = async <S extends Stage>(stage: S, model: ReadyModel) => {
    const run = await runnerOf(stage, model);
    // llama.cpp chooses for itself.
    if (stage === 'languageModel' || stage === 'endOfTurn') return run({ model, config, log });
    return startWhereQuicker(
      stage === 'recognizer' ? config.recognizer.device : config.synthesizer.device,
      (device) => run({ model: device === 'cpu' ? model : model.on(device), config, log }),
      { probe: cudaFault, log },
    );
  };
  const { endOfTurn: detector } = models;
  const shareCard = [config.recognizer, config.synthesizer].some(({ device }) => device !== 'cpu');
  const inOrder = startOrder(shareCard, warmLimitMs);
  const onnx = [
    inOrder(() => start('recognizer', models.recognizer)),
    inOrder(() => start('synthesizer', models.synthesizer)),
    detector === undefined ? Promise.resolve(undefined) : inOrder(() => start('endOfTurn', detector)),
  ] as const;
  const starting = [...onnx, inOrder(() => start('languageModel', models.languageModel))] as const;
  const results = await Promise.allSettled(starting);
  const close = async () => {
    const started = results.flatMap((result) => (result.status === 'fulfilled' ? (result.value ?? []) : []));
    await Promise.all(started.map((engine) => engine.close()));
  };
  try {
    const [recognizer, synthesizer, endOfTurn, languageModel] = await Promise.all(starting);
    const { voice } = config.synthesizer;
    if (voice !== '' && !synthesizer.voices.includes(voice)) {
      throw new ConfigurationError(
        `synthesizer.voice: there is no voice ${voice}. Voices: ${synthesizer.voices.join(', ')}.`,
      );
    }
    const engines = [recognizer, languageModel, synthesizer, ...(endOfTurn === undefined ? [] : [endOfTurn])];
    const signal = AbortSignal.timeout(warmLimitMs);
    await Promise.all(engines.map((engine) => engine.warm(signal)));
    return {
      recognizer,
      languageModel,
      synthesizer,
      ...(endOfTurn === undefined ? {} : { endOfTurn }),
      about: {
        voices: [...synthesizer.voices],
        models: {
          recognizer: recognizer.name,
          languageModel: languageModel.name,
          synthesizer: synthesizer.name,
          note: config.languageModel.model === 'pocket' ? pocketNote : '',
        },
      },
      queues: () =>
        Object.fromEntries(engines.flatMap(({ name, load }) => (load === undefined ? [] : [[name, load]]))),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const pocketNote =
  'These are the small built-in models: enough to try Parley, to test it and to work without a network. ' +
  'They understand plain English and know little.';

type EngineOf<S extends Stage> = Awaited<ReturnType<Awaited<ReturnType<Runners[S][string]>>>>;

/** @throws ModelUnusableError when there is no such runner. */
async function runnerOf<S extends Stage>(stage: S, { entry }: ReadyModel): Promise<Runner<EngineOf<S>>> {
  const known = runners[stage] as Record<string, () => Promise<Runner<EngineOf<S>>>>;
  const load = known[entry.runner];
  if (load !== undefined) return load();
  throw new ModelUnusableError(
    `${stage}.model: ${entry.id} needs the runner ${entry.runner}, which Parley does not have. ` +
      `Runners: ${Object.keys(known).join(', ') || 'none'}.`,
  );
}
