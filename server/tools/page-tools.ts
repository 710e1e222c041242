/** Functions that the page brings to its own call: the model calls them, the page runs them. */
import type { Tool } from '../engines/engine-types.js';
import { BadRequestError } from '../errors.js';
import { boundedTool } from './bounded-tool.js';
import type { ToolDefinition } from './tool-definition.js';

/** Has the page run a function; rejects with its error, or when the page is gone or silent for `limitMs`. */
export type PageCall = (name: string, args: unknown, limitMs: number) => Promise<unknown>;

/**
 * @param taken names that the server's own functions have.
 * @throws BadRequestError when a name is taken or a schema cannot be checked.
 */
export function pageTools(
  definitions: readonly ToolDefinition[],
  taken: readonly string[],
  call: PageCall,
  limitMs: number,
): Tool[] {
  const names = new Set(taken);
  return definitions.map((definition) => {
    const { name } = definition;
    if (names.has(name))
      throw new BadRequestError(`startCall.tools: there is a function called ${name} already.`);
    names.add(name);
    try {
      return boundedTool(definition, (args) => call(name, args, limitMs), limitMs);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new BadRequestError(`startCall.tools: the parameters of ${name}: ${why}.`, { cause: error });
    }
  });
}
