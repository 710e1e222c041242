/** Whether the configured models are here, and their bytes the right ones. */
import type { Config } from '../config.js';
import { configuredModels } from '../models/configured-models.js';
import { firstOf, missingFiles, modelsFolder } from '../models/model-files.js';
import { bad, good, type Finding, type Part } from './finding.js';

export const models: Part = {
  about: 'the configured models and their files',
  async *examine(config: Config): AsyncGenerator<Finding> {
    const folder = modelsFolder(config.models.folder);
    for (const [stage, model] of Object.entries(configuredModels(config))) {
      if (model === undefined) continue;
      const wrong = missingFiles(model, folder);
      if (wrong.length === 0) yield good(`${stage}: ${model.id}`);
      else yield bad(`${stage}: ${model.id}: ${firstOf(wrong)}`, `npm run models -- pull ${model.reference}`);
    }
  },
};
