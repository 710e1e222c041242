/**
 * Smart Turn: hears by voice and words whether a caller has finished or only pauses, in 23 languages.
 * https://github.com/pipecat-ai/smart-turn
 */
import { entryPoint } from '../../entry-point.js';
import type { EngineFailedError } from '../../errors.js';
import type { Logger } from '../../log.js';
import { EngineHost, type EngineLoad } from '../engine-host.js';
import { Priority, type EndOfTurnDetector, type EndOfTurnRequest } from '../engine-types.js';
import { readOptions } from '../onnx/runner-options.js';
import type { RunnerContext } from '../runners.js';
import { SMART_TURN_SAMPLES } from './smart-turn-features.js';
import type { SmartTurnRequest, SmartTurnSetup } from './smart-turn-worker.js';

export type SmartTurnOptions = SmartTurnSetup & {
  onCrash?: (error: EngineFailedError) => void;
  logger: Logger;
};

export class SmartTurnDetector implements EndOfTurnDetector {
  readonly name = 'smart-turn';
  readonly #host: EngineHost<SmartTurnRequest, never, never, number>;

  private constructor(host: EngineHost<SmartTurnRequest, never, never, number>) {
    this.#host = host;
  }

  /** @throws ModelUnusableError */
  static async start({ logger, onCrash, ...setup }: SmartTurnOptions): Promise<SmartTurnDetector> {
    const host = await EngineHost.start<SmartTurnRequest, never, never, number>({
      name: 'smart-turn',
      place: { kind: 'thread', entry: entryPoint('./smart-turn-worker', import.meta.url), killable: false },
      setup,
      ...(onCrash && { onCrash }),
      logger,
    });
    return new SmartTurnDetector(host);
  }

  /** For metrics. */
  get load(): EngineLoad {
    return this.#host.load;
  }

  async warm(signal: AbortSignal): Promise<void> {
    await this.probability({ words: '', history: [], speech: new Int16Array(SMART_TURN_SAMPLES) }, signal);
  }

  probability({ speech }: EndOfTurnRequest, signal: AbortSignal): Promise<number> {
    // What is longer it would not look at; the rest of the buffer is not to be copied to its thread.
    const end = speech.slice(Math.max(0, speech.length - SMART_TURN_SAMPLES));
    return this.#host.request(end, { priority: Priority.waiting }, signal);
  }

  close(): Promise<void> {
    return this.#host.close();
  }
}

/** The runner of the catalogue's `smart-turn`. Its one file may have any name: there are several versions. */
export function runSmartTurn({ model, log }: RunnerContext): Promise<SmartTurnDetector> {
  const [path = ''] = model.paths;
  return SmartTurnDetector.start({ path, ...readOptions(model, {}).place, logger: log });
}
