/** A function that is run with right arguments only, and for so long only. What is wrong is told to the model as an error. */
import type { Tool } from '../engines/engine-types.js';
import { argumentCheck, type ToolDefinition } from './tool-definition.js';

/**
 * @param run runs the function; its result must be JSON.
 * @param limitMs after that the call has failed; `run` is told by its signal.
 * @throws Error when the definition's schema cannot be checked.
 */
export function boundedTool(definition: ToolDefinition, run: Tool['run'], limitMs: number): Tool {
  const wrong = argumentCheck(definition);
  const { name, description, parameters } = definition;
  return {
    name,
    description,
    ...(parameters === undefined ? {} : { parameters }),
    run: async (args, signal) => {
      const message = wrong(args);
      if (message !== undefined) throw new Error(message);
      const late = new AbortController();
      const timer = setTimeout(
        () => late.abort(new Error(`${name} did not answer within ${limitMs} ms.`)),
        limitMs,
      );
      try {
        return await orAborted(run(args, AbortSignal.any([signal, late.signal])), late.signal);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

/** The result, or the signal's reason when that is there first. */
function orAborted<T>(result: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    result.then(resolve, reject);
  });
}
