/** Runs a function that a language model has called. */
import type { Tool, ToolCall } from './engine-types.js';
import { unlessAborted } from './turnstile.js';

/**
 * What is wrong with the call becomes its result, for the model to speak about.
 * @param request `json` is what the model wrote as arguments, which need not be JSON.
 * @throws the signal's reason.
 */
export async function runTool(
  { name, json }: { name: string; json: string },
  tools: readonly Tool[],
  signal: AbortSignal,
): Promise<ToolCall> {
  const tool = tools.find((candidate) => candidate.name === name);
  let args: unknown;
  try {
    args = json.trim() === '' ? {} : JSON.parse(json);
  } catch {
    return { name, arguments: json, result: { error: 'The arguments are not JSON.' } };
  }
  if (tool === undefined) return { name, arguments: args, result: { error: 'There is no such function.' } };
  try {
    return { name, arguments: args, result: await unlessAborted(tool.run(args, signal), signal) };
  } catch (error) {
    if (signal.aborted) throw error;
    return {
      name,
      arguments: args,
      result: { error: error instanceof Error ? error.message : String(error) },
    };
  }
}
