/** `npm run models -- list | pull | verify | remove | gpu`: the models on this machine. */
import { existsSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { loadConfig, type Config } from '../config.js';
import { ConfigurationError, isAbort, ParleyError } from '../errors.js';
import { projectRoot } from '../project-root.js';
import { withLock } from '../setup/cache-lock.js';
import { catalogue, findModel } from './catalogue.js';
import { stages, type CatalogueModel } from './catalogue-entry.js';
import { configuredModels } from './configured-models.js';
import { DownloadError } from './download-error.js';
import { hubOf } from './hub-request.js';
import { listing } from './listing.js';
import { modelsFolder } from './model-files.js';
import { pull } from './pull.js';
import { faultsOf } from './verify.js';

const usage = `npm run models -- COMMAND, where COMMAND is one of
  list                        every model of the catalogue, and which are here
  pull [PROFILE|MODEL...]     fetch models; without names those that the configuration asks for
    --accept                  agree to the licences that ask for it
  verify [PROFILE|MODEL...]   compare files with their sums; without names all that are here
  remove MODEL...             delete the files of models
  gpu                         fetch what ONNX models need on a graphics card, and say what the host lacks
    --force                   fetch it without a card as well
PROFILE is ${profiles().join(', ')}. MODEL is a name of the list, an entry of your own (.yaml),
or hf:organisation/name/file.gguf@revision.
`;

interface Command {
  config: Config;
  folder: string;
  names: string[];
  accept: boolean;
  force: boolean;
  signal: AbortSignal;
}

const commands: Readonly<Record<string, (command: Command) => Promise<void>>> = {
  list: async ({ config, folder }) => print(listing(catalogue(), configuredModels(config), folder)),

  pull: async (command) => {
    const { names, config, folder, signal } = command;
    const models = names.length > 0 ? named(names) : configured(config);
    for (const model of models) await accept(model, command);
    const hub = hubOf(process.env);
    try {
      await pull(models, { folder, hub, env: process.env, print: tell }, signal);
    } finally {
      await hub.dispatcher.close();
    }
  },

  verify: async ({ names, folder, signal }) => {
    const here = catalogue().filter(({ id }) => existsSync(join(folder, id)));
    for (const model of names.length > 0 ? named(names) : here) {
      const faults = await faultsOf(model, folder, signal);
      if (faults.length === 0) print(`${model.id}: right`);
      else {
        print(`${model.id}: ${faults.join('; ')}. Mend it with: npm run models -- pull ${model.reference}`);
        process.exitCode = 1;
      }
    }
  },

  remove: async ({ names, folder }) => {
    if (names.length === 0) throw new ConfigurationError('remove: name the models.');
    for (const model of names.map((name) => findModel(name))) {
      const place = join(folder, model.id);
      if (!existsSync(place)) throw new ConfigurationError(`${model.id} is not here: there is no ${place}.`);
      await withLock(join(folder, '.lock'), () => rm(place, { recursive: true }));
      print(`${model.id}: removed`);
    }
  },

  gpu: async ({ folder, force, signal }) => {
    const { gpuSetUp, setUpGpu } = await import('./gpu.js');
    if (!(await setUpGpu(gpuSetUp(folder, force, print), signal))) process.exitCode = 1;
  },
};

/** Models and profiles by name, each model once. */
function named(names: string[]): CatalogueModel[] {
  const models = names.flatMap((name) =>
    profiles().includes(name) ? configured(loadConfig({ PARLEY_MODELS_PROFILE: name })) : [findModel(name)],
  );
  return [...new Map(models.map((model) => [model.reference, model])).values()];
}

function configured(config: Config): CatalogueModel[] {
  const models = configuredModels(config);
  return stages.flatMap((stage) => models[stage] ?? []);
}

function profiles(): string[] {
  return readdirSync(join(projectRoot(), 'config/profiles')).map((file) => file.replace('.yaml', ''));
}

/** Licences that must be agreed to are agreed to by whoever fetches the model. */
async function accept({ id, licence }: CatalogueModel, { accept, signal }: Command): Promise<void> {
  if (licence.acceptance !== true || accept) return;
  const text = `${id} comes under the ${licence.name} (${licence.url ?? 'see its page'})${licence.asks === undefined ? '' : `, which asks: ${licence.asks}`}.`;
  if (!process.stdin.isTTY)
    throw new ConfigurationError(`${text} Agree to it with: npm run models -- pull ${id} --accept`);
  const line = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await line.question(`${text} Do you agree? [y/N] `, { signal });
  line.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new ConfigurationError(`${id} was not fetched.`);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function main([name = '', ...args]: string[]): Promise<void> {
  const run = commands[name];
  const options = args.filter((arg) => arg.startsWith('-'));
  if (run === undefined || options.some((option) => !['--accept', '--force'].includes(option))) {
    tell(usage);
    process.exitCode = 1;
    return;
  }
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  process.once('SIGTERM', () => stop.abort());
  const config = loadConfig(process.env);
  await run({
    config,
    folder: modelsFolder(config.models.folder),
    names: args.filter((arg) => !arg.startsWith('-')),
    accept: options.includes('--accept'),
    force: options.includes('--force'),
    signal: stop.signal,
  });
}

main(process.argv.slice(2)).catch((error: unknown) => {
  if (isAbort(error)) {
    tell('models: stopped; the same command goes on from here.');
    process.exitCode = 130;
  } else if (error instanceof ParleyError || error instanceof DownloadError) {
    tell(`models: ${error.message}`);
    process.exitCode = 1;
  } else throw error;
});
