/** The browser of the tests. */

import { existsSync } from 'node:fs';

import { findProgram } from './system-packages.js';
import type { SystemNeed } from './system-packages.js';

const PROGRAMS = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
const MAC_APPS = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/** The browser to start: `CHROMIUM_PATH` where that is set, else the first one found on this machine. */
export function chromiumPath(): string | undefined {
  const { CHROMIUM_PATH } = process.env;
  if (CHROMIUM_PATH) return existsSync(CHROMIUM_PATH) ? CHROMIUM_PATH : undefined;
  for (const program of PROGRAMS) {
    const path = findProgram(program);
    if (path) return path;
  }
  return MAC_APPS.find((path) => existsSync(path));
}

/** Any Chromium will do. */
export const chromiumNeed: SystemNeed = {
  what: 'the browser tests (Chromium)',
  isMet: () => chromiumPath() !== undefined,
  packages: { apt: ['chromium'], dnf: ['chromium'], brew: ['chromium'] },
  otherwise: 'set CHROMIUM_PATH to a Chromium or Chrome',
};
