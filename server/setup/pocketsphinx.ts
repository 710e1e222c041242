/** PocketSphinx, the recogniser of the pocket profile: a library and a model that Debian packages. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import type { SystemNeed } from './system-packages.js';

const LIBRARY = 'libpocketsphinx.so.3';
const MODEL = '/usr/share/pocketsphinx/model/en-us';

/** Debian's names of the folders where each processor's libraries lie. */
const MULTIARCH: Partial<Record<NodeJS.Architecture, string>> = {
  x64: 'x86_64-linux-gnu',
  arm64: 'aarch64-linux-gnu',
};

/** The library and its English model. */
export const pocketSphinxNeed: SystemNeed = {
  what: 'speech recognition with PocketSphinx',
  isMet: () => existsSync(MODEL) && libraryFolders().some((folder) => existsSync(join(folder, LIBRARY))),
  packages: { apt: ['libpocketsphinx3', 'pocketsphinx-en-us'] },
  otherwise: 'choose another recogniser in the configuration',
};

function libraryFolders(): string[] {
  const multiarch = MULTIARCH[process.arch];
  const configured = (process.env.LD_LIBRARY_PATH ?? '').split(':').filter(Boolean);
  const debian = multiarch ? [`/usr/lib/${multiarch}`, `/lib/${multiarch}`] : [];
  return [...configured, ...debian, '/usr/lib', '/usr/lib64', '/usr/local/lib'];
}
