/** Whether the configured models are here, and their bytes the right ones. */
import type { Config } from '../config.js';
import { configuredModels } from '../models/configured-models.js';
import { firstOf, missingFiles, modelsFolder } from '../models/model-files.js';
import { faultsOf } from '../models/verify.js';
import { bad, good, type Finding, type Part } from './finding.js';

export const models: Part = {
  about: 'the configured models and their files',
  async *examine(config: Config): AsyncGenerator<Finding> {
    const { signal } = new AbortController();
    const folder = modelsFolder(config.models.folder);
    for (const [stage, model] of Object.entries(configuredModels(config))) {
      if (model === undefined) continue;
      const wrong = missingFiles(model, folder);
      // Bytes are compared only where there are as many as there should be.
      const faults = wrong.length > 0 ? wrong : await faultsOf(model, folder, signal);
      if (faults.length > 0) {
        yield bad(`${stage}: ${model.id}: ${firstOf(faults)}`, `npm run models -- pull ${model.reference}`);
        continue;
      }
      const { asks, name } = model.licence;
      yield good(`${stage}: ${model.id} (${name}${asks === undefined ? '' : `, which asks: ${asks}`})`);
    }
  },
};
