/** Whether there is memory for the models that the configuration names. */
import { existsSync, statSync } from 'node:fs';
import type { Config } from '../config.js';
import { ModelUnusableError } from '../errors.js';
import { startLlama } from '../engines/llama-device.js';
import { planOn } from '../engines/llama-memory.js';
import { checkModelFile, checkWeights } from '../engines/llama-model-file.js';
import type { CatalogueModel } from '../models/catalogue-entry.js';
import { configuredModels } from '../models/configured-models.js';
import { modelsFolder, placeOf } from '../models/model-files.js';
import { bad, good, type Finding } from './finding.js';

/** What the server takes with the media, Flite and the smallest language model: `npm run bench -- profile`, bytes. */
const serverBytes = 0.3e9;
/** The recogniser's process in the same measurement: its model is a package of the system, not a file of the catalogue. */
const pocketSphinxBytes = 0.28e9;
const advice =
  'choose smaller models, fewer languageModel.sequences or contextTokens, or a machine with more memory';

/** What a part is known to take, bytes; `undefined` where nobody knows. */
interface Need {
  name: string;
  bytes: number | undefined;
  /** How it is known. */
  how: string;
}

/** @param free bytes. */
export async function memory(config: Config, free = process.availableMemory()): Promise<Finding> {
  const needs: Need[] = [{ name: 'server', bytes: serverBytes, how: 'measured' }];
  for (const model of Object.values(configuredModels(config)))
    if (model !== undefined && model.runner !== 'endpoint' && model.runner !== 'flite')
      needs.push(await needOf(model, config));
  const known = needs.filter((need): need is Need & { bytes: number } => need.bytes !== undefined);
  const least = known.reduce((sum, { bytes }) => sum + bytes, 0);
  const parts = known.map(({ name, bytes, how }) => `${name} ${gigabytes(bytes)}, ${how}`);
  const unknown = needs.filter(({ bytes }) => bytes === undefined).map(({ name }) => name);
  const without =
    unknown.length === 0 ? '' : `; ${unknown.join(', ')} besides, of unknown size until fetched`;
  const what =
    `${gigabytes(free)} of memory are free, and at least ${gigabytes(least)} are needed ` +
    `(${parts.join('; ')}${without})`;
  return free >= least ? good(what) : bad(what, advice);
}

async function needOf(model: CatalogueModel, config: Config): Promise<Need> {
  const { id: name, runner } = model;
  if (runner === 'pocketsphinx') return { name, bytes: pocketSphinxBytes, how: 'measured' };
  const folder = modelsFolder(config.models.folder);
  if (runner === 'llama') {
    const [file] = model.files;
    const planned = file && (await plannedBytes(placeOf(file, model, folder), config));
    if (planned !== undefined)
      return { name, bytes: planned, how: `computed for ${config.languageModel.sequences} callers` };
  }
  const sizes = model.files.map((file) => {
    const path = placeOf(file, model, folder);
    if (existsSync(path)) return statSync(path).size;
    return file.source.type === 'hub' ? file.source.size : undefined;
  });
  const bytes = sizes.every((size) => size !== undefined)
    ? sizes.reduce((sum, size) => sum + size, 0)
    : undefined;
  // What a run computes with comes on top, which nobody has published and only a measurement would tell.
  return {
    name,
    bytes,
    how: runner === 'llama' ? 'its file without what callers take' : 'its files alone',
  };
}

/** What llama.cpp takes in the computer; `undefined` when the file is not there or not whole, which another part tells. */
async function plannedBytes(path: string, { languageModel }: Config): Promise<number | undefined> {
  try {
    await checkModelFile(path);
    const llama = await startLlama(languageModel.device);
    try {
      return planOn(llama, await checkWeights(path, llama), languageModel).total.ram;
    } finally {
      await llama.dispose();
    }
  } catch (error) {
    if (error instanceof ModelUnusableError) return undefined;
    throw error;
  }
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(bytes < 0.95e8 ? 2 : 1)} GB`;
}
