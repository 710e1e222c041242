/** Where the files of a model lie on this machine, and whether they are there. */
import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ModelUnusableError } from '../errors.js';
import { cacheFolder } from '../setup/locations.js';
import type { CatalogueModel, ModelFile } from './catalogue-entry.js';

/** Folder of all fetched models; each has a folder of its name in it. */
export function modelsFolder(setting: string): string {
  return setting === '' ? join(cacheFolder(), 'models') : resolve(setting);
}

/** Where a file of a model lies, or will. */
export function placeOf({ name, source }: ModelFile, model: CatalogueModel, folder: string): string {
  return source.type === 'local' ? source.path : join(folder, model.id, name);
}

/** What is not right at first sight with the files of a model; sums are compared by `npm run models -- verify`. */
export function missingFiles(model: CatalogueModel, folder: string): string[] {
  return model.files.flatMap((file) => {
    const path = placeOf(file, model, folder);
    if (!existsSync(path)) return [`${path} is missing`];
    const { size } = statSync(path);
    const { source } = file;
    if (source.type === 'local' || source.size === undefined || source.size === size) return [];
    return [`${path} has ${size} bytes, not ${source.size}`];
  });
}

/** The first of several findings, and how many more there are. */
export function firstOf(wrong: string[]): string {
  return (wrong[0] ?? '') + (wrong.length > 1 ? ` (and ${wrong.length - 1} more)` : '');
}

/** A model whose files are all here, as a runner gets it. */
export class ReadyModel {
  constructor(
    readonly entry: CatalogueModel,
    private readonly folder: string,
  ) {}

  /**
   * Path of one of its files.
   * @throws ModelUnusableError when its entry names no such file.
   */
  path(name: string): string {
    const file = this.entry.files.find((candidate) => candidate.name === name);
    if (file === undefined)
      throw new ModelUnusableError(
        `The catalogue entry of ${this.entry.id} names no file ${name}, which the runner ${this.entry.runner} needs.`,
      );
    return placeOf(file, this.entry, this.folder);
  }

  /** The same model, to be computed on another device than its entry says. */
  on(device: string): ReadyModel {
    return new ReadyModel({ ...this.entry, options: { ...this.entry.options, device } }, this.folder);
  }

  /** Paths of all its files, in the entry's order. */
  get paths(): string[] {
    return this.entry.files.map((file) => placeOf(file, this.entry, this.folder));
  }
}
