/**
 * Compiles what runs into `dist/`: each TypeScript file of the server to a JavaScript file of its own in the same
 * place (threads and child processes need files to start from), and the page to one bundle. Types are checked by
 * `npm run check`, not here.
 */

import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { dirname, extname, join, relative } from 'node:path';

import type { BuildOptions } from 'esbuild';

import { projectRoot } from '../project-root.js';
import { withLock } from './cache-lock.js';
import { Progress } from './progress.js';
import { SetupError } from './setup-error.js';

/** The folders whose TypeScript runs in Node. */
const NODE_FOLDERS = ['server', 'config', 'models'];
const PAGE_FOLDER = 'client';
/** Files of the page that are served as they are. */
const PAGE_ASSETS = new Set(['.html', '.css', '.svg', '.png', '.ico', '.webmanifest']);

const outputFolder = join(projectRoot(), 'dist');
const stampFile = join(outputFolder, '.inputs');
const lockFile = join(outputFolder, '.lock');

/** Builds when an input has changed since the last build; otherwise returns at once. */
export async function build(): Promise<void> {
  if (isUpToDate(readInputs())) return;
  await withLock(lockFile, async () => {
    // Read again: whoever held the lock may have built, and the sources may have changed.
    const inputs = readInputs();
    if (!isUpToDate(inputs)) await compile(inputs);
  });
}

interface Inputs {
  nodeSources: string[];
  pageFiles: string[];
  hash: string;
}

function readInputs(): Inputs {
  const nodeSources = NODE_FOLDERS.flatMap((folder) => filesIn(folder)).filter((file) =>
    file.endsWith('.ts'),
  );
  const pageFiles = filesIn(PAGE_FOLDER);
  return {
    nodeSources,
    pageFiles,
    hash: hashOf([...nodeSources, ...pageFiles, 'package-lock.json', 'tsconfig.json']),
  };
}

function isUpToDate({ hash }: Inputs): boolean {
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === hash;
}

async function compile({ nodeSources, pageFiles, hash }: Inputs): Promise<void> {
  const progress = new Progress('compiling server and page');
  try {
    const outputs = new Map<string, Uint8Array>();
    for (const file of pageFiles.filter((name) => PAGE_ASSETS.has(extname(name)))) {
      outputs.set(join(outputFolder, file), readFileSync(join(projectRoot(), file)));
    }
    for (const options of [nodeBuild(nodeSources), pageBuild(pageFiles)]) {
      for (const { path, contents } of await runEsbuild(options)) outputs.set(path, contents);
    }

    rmSync(stampFile, { force: true });
    for (const [path, contents] of outputs) replaceFile(path, contents);
    removeAllBut(new Set([...outputs.keys(), lockFile]), outputFolder);
    replaceFile(stampFile, Buffer.from(hash));
    progress.done('done');
  } catch (error) {
    progress.done('failed');
    throw error;
  }
}

function nodeBuild(entryPoints: string[]): BuildOptions {
  return { entryPoints, platform: 'node', target: 'node20', format: 'esm' };
}

/** The page, and each `*.worklet.ts`, which an audio thread loads as a file of its own. */
function pageBuild(pageFiles: string[]): BuildOptions {
  const entryPoints = pageFiles.filter(
    (file) =>
      [join(PAGE_FOLDER, 'main.ts'), join(PAGE_FOLDER, 'admin.ts')].includes(file) ||
      file.endsWith('.worklet.ts'),
  );
  return { entryPoints, bundle: true, minify: true, platform: 'browser', target: 'es2022', format: 'esm' };
}

async function runEsbuild(options: BuildOptions): Promise<{ path: string; contents: Uint8Array }[]> {
  // Loaded only when there is something to compile: it would be a good part of a start that has nothing to do.
  const esbuild = await import('esbuild');
  try {
    const { outputFiles } = await esbuild.build({
      ...options,
      absWorkingDir: projectRoot(),
      outbase: '.',
      outdir: 'dist',
      sourcemap: true,
      write: false,
      logLevel: 'silent',
    });
    return outputFiles ?? [];
  } catch (error) {
    throw new SetupError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** In one step, and only when it differs: a running server may be reading the old one. */
function replaceFile(path: string, contents: Uint8Array): void {
  if (existsSync(path) && readFileSync(path).equals(contents)) return;
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, contents);
  renameSync(temporary, path);
}

/** Takes away what earlier builds made from sources that are gone; answers whether the folder is empty now. */
function removeAllBut(kept: Set<string>, folder: string): boolean {
  let empty = true;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() ? !removeAllBut(kept, path) : kept.has(path)) empty = false;
    else if (entry.isDirectory()) rmdirSync(path);
    else rmSync(path);
  }
  return empty;
}

/** All files in a folder of the project, as paths from the project's root. */
function filesIn(folder: string): string[] {
  const path = join(projectRoot(), folder);
  if (!existsSync(path)) return [];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(projectRoot(), join(entry.parentPath, entry.name)))
    .sort();
}

function hashOf(files: string[]): string {
  const hash = createHash('sha256');
  for (const file of files) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(projectRoot(), file)))
      .update('\0');
  }
  return hash.digest('hex');
}
