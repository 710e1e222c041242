/** Where the set-up finds what npm installed, and where it keeps what must outlive `node_modules` and the tree. */

import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

import { projectRoot } from '../project-root.js';

/**
 * The folder of everything that is built once per machine: `PARLEY_CACHE`, else `parley` in
 * `XDG_CACHE_HOME`, else `~/.cache/parley`.
 */
export function cacheFolder(): string {
  const { PARLEY_CACHE, XDG_CACHE_HOME } = process.env;
  return PARLEY_CACHE || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'parley');
}

/** The version of an installed npm package. */
export function installedVersion(packageName: string): string {
  const file = join(projectRoot(), 'node_modules', packageName, 'package.json');
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  return version;
}
