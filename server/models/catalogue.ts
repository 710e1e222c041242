/** Finds models: in `models/catalogue/`, in the user's own entries, in single files and repositories. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { parse } from 'yaml';
import { ConfigurationError } from '../errors.js';
import { projectRoot } from '../project-root.js';
import {
  entrySchema,
  type CatalogueModel,
  type Entry,
  type ModelFile,
  type Stage,
} from './catalogue-entry.js';

const ending = '.yaml';

/** Every model of the catalogue, by name. */
export function catalogue(): CatalogueModel[] {
  const folder = join(projectRoot(), 'models/catalogue');
  return readdirSync(folder)
    .filter((file) => file.endsWith(ending))
    .sort()
    .map((file) => readEntry(join(folder, file), basename(file, ending)));
}

/**
 * The model that a setting or an argument names: one of the catalogue, an entry of the user's own (`.yaml`), a GGUF file,
 * or `hf:organisation/name/path.gguf@revision`. Relative paths are seen from Parley's folder.
 * @param stage that it must be for.
 * @param setting where the name stands, for the message.
 * @throws ConfigurationError naming what there is.
 */
export function findModel(name: string, stage?: Stage, setting?: string): CatalogueModel {
  const model = lookUp(name, stage);
  const where = setting === undefined ? '' : `${setting}: `;
  if (model === undefined) {
    const known = catalogue().filter((entry) => stage === undefined || entry.stage === stage);
    throw new ConfigurationError(
      `${where}there is no model ${JSON.stringify(name)}. Models: ${known.map(({ id }) => id).join(', ')}; ` +
        'or the path of an entry of your own (.yaml), of a GGUF file, or hf:organisation/name/file.gguf.',
    );
  }
  if (stage !== undefined && model.stage !== stage)
    throw new ConfigurationError(`${where}${name} is a ${model.stage}, not a ${stage}.`);
  return model;
}

function lookUp(name: string, stage: Stage | undefined): CatalogueModel | undefined {
  if (name.startsWith('hf:')) return hubModel(name);
  const path = isAbsolute(name) ? name : join(projectRoot(), name);
  if (name.endsWith('.gguf'))
    return ggufModel(name, basename(path, '.gguf'), {
      name: basename(path),
      source: { type: 'local', path },
    });
  if (name.endsWith(ending)) return readEntry(path, name);
  if (name === 'endpoint' && stage !== undefined) return endpointOf(stage);
  if (!/^[\w.-]+$/.test(name)) return undefined;
  const file = join(projectRoot(), 'models/catalogue', name + ending);
  return existsSync(file) ? readEntry(file, name) : undefined;
}

function readEntry(path: string, reference: string): CatalogueModel {
  let content: unknown;
  try {
    content = parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigurationError(`The catalogue entry ${path} cannot be read: ${why}`, { cause: error });
  }
  const checked = entrySchema.safeParse(content);
  if (!checked.success) {
    const issues = checked.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new ConfigurationError(`The catalogue entry ${path} is wrong: ${issues.join('; ')}`);
  }
  const { hub: _hub, ...entry } = checked.data;
  return { ...entry, id: basename(path, ending), reference, files: filesOf(checked.data, path) };
}

function filesOf(entry: Entry, path: string): ModelFile[] {
  const files = entry.files.map((file): ModelFile => {
    const given = 'local' in file ? file.local : file.path;
    const name = file.name ?? basename(given);
    if ('local' in file) return { name, source: { type: 'local', path: resolve(dirname(path), file.local) } };
    const hub = file.hub ?? entry.hub;
    if (hub === undefined)
      throw new ConfigurationError(`The catalogue entry ${path} does not say which \`hub\` ${given} is on.`);
    return { name, source: { type: 'hub', ...hub, path: given, size: file.size, sha256: file.sha256 } };
  });
  const names = files.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new ConfigurationError(
      `The catalogue entry ${path} has two files ${twice}: give one of them another \`name\`.`,
    );
  return files;
}

/** `hf:organisation/name/path/file.gguf@revision` */
function hubModel(name: string): CatalogueModel | undefined {
  const parts = /^hf:([\w.-]+\/[\w.-]+)\/([^@]+\.gguf)(?:@([\w.-]+))?$/.exec(name);
  if (parts === null) return undefined;
  const [, repository = '', path = '', revision = 'main'] = parts;
  const id = `${repository}/${path}`.replace(/\.gguf$/, '').replaceAll('/', '--');
  return ggufModel(name, id, { name: basename(path), source: { type: 'hub', repository, revision, path } });
}

function ggufModel(reference: string, id: string, file: ModelFile): CatalogueModel {
  return {
    id,
    reference,
    stage: 'languageModel',
    runner: 'llama',
    title: id,
    licence: { name: 'not known to Parley' },
    languages: [],
    files: [file],
    confirmed: false,
  };
}

/** What `endpoint` stands for: nothing to fetch, somebody else runs it. */
function endpointOf(stage: Stage): CatalogueModel {
  return {
    id: 'endpoint',
    reference: 'endpoint',
    stage,
    runner: 'endpoint',
    title: 'an OpenAI-compatible endpoint',
    licence: { name: 'its own' },
    languages: [],
    files: [],
    confirmed: false,
  };
}
