/** The models that the configuration names, found on this machine. */
import type { Config } from '../config.js';
import { ModelUnusableError } from '../errors.js';
import { findModel } from './catalogue.js';
import { stages, type CatalogueModel, type Stage } from './catalogue-entry.js';
import { firstOf, missingFiles, modelsFolder, ReadyModel } from './model-files.js';

/** What each stage of {@link configuredModels} holds when everything is here. */
export type ReadyModels = Record<Exclude<Stage, 'endOfTurn'>, ReadyModel> & {
  endOfTurn: ReadyModel | undefined;
};

/**
 * The models that are asked for, whether or not they are here.
 * @throws ConfigurationError when a name is not known.
 */
export function configuredModels(config: Config): Record<Stage, CatalogueModel | undefined> {
  const find = (stage: Stage) => {
    const { model } = config[stage];
    return model === '' ? undefined : findModel(model, stage, `${stage}.model`);
  };
  return Object.fromEntries(stages.map((stage) => [stage, find(stage)])) as Record<
    Stage,
    CatalogueModel | undefined
  >;
}

/**
 * @throws ConfigurationError when a name is not known; ModelUnusableError that names everything that is missing, and the
 *   command that fetches it.
 */
export function readyModels(config: Config): ReadyModels {
  const folder = modelsFolder(config.models.folder);
  const models = Object.entries(configuredModels(config)).flatMap(([stage, model]) =>
    model === undefined ? [] : [{ stage, model, wrong: missingFiles(model, folder) }],
  );
  const missing = models.filter(({ wrong }) => wrong.length > 0);
  if (missing.length > 0) throw new ModelUnusableError(missingMessage(missing));
  return Object.fromEntries(
    models.map(({ stage, model }) => [stage, new ReadyModel(model, folder)]),
  ) as unknown as ReadyModels;
}

function missingMessage(missing: { stage: string; model: CatalogueModel; wrong: string[] }[]): string {
  const what = missing.map(({ stage, model, wrong }) => `${model.id} for ${stage}.model: ${firstOf(wrong)}`);
  const fetchable = missing.filter(({ model }) => model.files.some(({ source }) => source.type === 'hub'));
  const names = fetchable.map(({ model }) => model.reference).join(' ');
  const advice = names === '' ? '' : `. Fetch with: npm run models -- pull ${names}`;
  return `Models are not here: ${what.join('; ')}${advice}`;
}
