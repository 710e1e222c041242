/**
 * The operator's functions: a module named in the configuration whose default export is a list of
 * `{ name, description, parameters, run(args, signal) }`.
 */
import { isAbsolute, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import type { Config } from '../config.js';
import type { Tool } from '../engines/engine-types.js';
import { ConfigurationError } from '../errors.js';
import { projectRoot } from '../project-root.js';
import { boundedTool } from './bounded-tool.js';
import { firstIssue, toolDefinitionSchema } from './tool-definition.js';

const operatorToolSchema = toolDefinitionSchema.extend({
  run: z.custom<Tool['run']>((run) => typeof run === 'function', 'a function'),
});

/**
 * Loads the functions; none when no module is named.
 * @throws ConfigurationError saying what is wrong with the module.
 */
export async function loadOperatorTools({ module, limitMs }: Config['tools']): Promise<Tool[]> {
  if (module === '') return [];
  const path = isAbsolute(module) ? module : join(projectRoot(), module);
  const wrong = (why: string, cause?: unknown) =>
    new ConfigurationError(`tools.module: ${path}: ${why}`, { cause });
  let exported: unknown;
  try {
    exported = ((await import(pathToFileURL(path).href)) as { default?: unknown }).default;
  } catch (error) {
    throw wrong(`cannot be loaded: ${error instanceof Error ? error.message : String(error)}`, error);
  }
  if (!Array.isArray(exported)) throw wrong('its default export must be a list of functions.');
  const names = new Set<string>();
  return exported.map((entry: unknown, index) => {
    const checked = operatorToolSchema.safeParse(entry);
    if (!checked.success) throw wrong(`function ${index}: ${firstIssue(checked.error)}.`);
    const { run, ...definition } = checked.data;
    if (names.has(definition.name)) throw wrong(`there are two functions called ${definition.name}.`);
    names.add(definition.name);
    try {
      // A function that fails before its first await rejects, too.
      return boundedTool(definition, async (args, signal) => run.call(entry, args, signal), limitMs);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw wrong(`function ${index} (${definition.name}): parameters: ${why}.`, error);
    }
  });
}
