/** Functions of the page that the agent may call: the server asks, the page answers. */
import type { ToolAnswer, ToolDefinition } from '../server/protocol.js';

export interface PageTool extends ToolDefinition {
  /**
   * Runs the function; the arguments have been checked against `parameters`. The result must be JSON. An error is told to
   * the model in its own words.
   */
  run(args: unknown): unknown;
}

/** The functions as the server is told of them. */
export function describeTools(tools: readonly PageTool[]): ToolDefinition[] {
  return tools.map(({ name, description, parameters }) => ({
    name,
    description,
    ...(parameters === undefined ? {} : { parameters }),
  }));
}

/** Longest error that the server takes, characters. */
const longestMessage = 1000;

/** Runs what the server asks for. Never rejects. */
export async function runTool(
  tools: readonly PageTool[],
  call: { name: string; arguments: unknown },
): Promise<ToolAnswer> {
  const tool = tools.find(({ name }) => name === call.name);
  if (!tool) return { ok: false, message: `The page has no function ${call.name}.` };
  try {
    return { ok: true, result: (await tool.run(call.arguments)) ?? null };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { ok: false, message: message.slice(0, longestMessage) };
  }
}
