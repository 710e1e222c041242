/** Starts an engine as the server would: by its catalogue entry and runner, with a small model in place of the real one. */
import { loadConfig } from '../../server/config.js';
import { runners, type RunnerContext, type Runners } from '../../server/engines/runners.js';
import { createLogger } from '../../server/log.js';
import { findModel } from '../../server/models/catalogue.js';
import type { Stage } from '../../server/models/catalogue-entry.js';
import { ReadyModel } from '../../server/models/model-files.js';
import { smallModel } from './small-models.js';

type EngineOf<S extends Stage> = Awaited<ReturnType<Awaited<ReturnType<Runners[S][string]>>>>;

/**
 * @param id of the catalogue.
 * @param folder under test/data/models that holds files of the names that the entry gives to those of the real model.
 * @param changes options instead of the entry's; paths of files that are not in the folder, by name.
 */
export async function startSmall<S extends Stage>(
  stage: S,
  id: string,
  folder: string,
  changes: { options?: Record<string, unknown>; files?: Record<string, string> } = {},
): Promise<EngineOf<S>> {
  const found = findModel(id, stage);
  const files = found.files.map(({ name }) => ({
    name,
    source: { type: 'local' as const, path: changes.files?.[name] ?? smallModel(folder, name) },
  }));
  const entry = { ...found, files, options: { threads: 1, ...(changes.options ?? found.options) } };
  const runner = runners[stage][entry.runner];
  if (!runner) throw new Error(`There is no runner ${entry.runner}.`);
  const run = (await runner()) as (context: RunnerContext) => Promise<EngineOf<S>>;
  return run({
    model: new ReadyModel(entry, '/nowhere'),
    config: loadConfig({}),
    log: createLogger('silent'),
  });
}
