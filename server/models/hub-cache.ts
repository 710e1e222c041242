/** Takes files from the cache of Hugging Face's own tools, where somebody has fetched them already. */
import { constants, existsSync } from 'node:fs';
import { copyFile, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { HubSource } from './catalogue-entry.js';
import { hubHome } from './hub-request.js';
import { sha256Of, sizeOf } from './partial-file.js';

/**
 * Copies the file from the cache when it is there and has the right sum; shares its blocks where the file system can.
 * @returns whether it was.
 */
export async function takeFromHubCache(
  source: HubSource,
  path: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<boolean> {
  if (source.sha256 === undefined) return false;
  const cache = env['HF_HUB_CACHE'] || env['HUGGINGFACE_HUB_CACHE'] || join(hubHome(env), 'hub');
  const repository = `models--${source.repository.replace('/', '--')}`;
  const cached = join(cache, repository, 'snapshots', source.revision, source.path);
  if (!existsSync(cached) || (source.size !== undefined && (await sizeOf(cached)) !== source.size))
    return false;
  await mkdir(dirname(path), { recursive: true });
  const copy = `${path}.copy`;
  try {
    await copyFile(cached, copy, constants.COPYFILE_FICLONE);
    if ((await sha256Of(copy, signal)) !== source.sha256) return false;
    await rename(copy, path);
    return true;
  } finally {
    await rm(copy, { force: true });
  }
}
