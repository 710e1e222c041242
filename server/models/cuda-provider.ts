/**
 * ONNX Runtime's CUDA provider: libraries beside the binding that npm has installed, too large for npm, which its makers
 * publish as a NuGet package of the same version.
 */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { EnvHttpProxyAgent } from 'undici';
import { withLock } from '../setup/cache-lock.js';
import { DownloadError } from './download-error.js';
import { downloadFrom } from './download-file.js';
import { findPackage } from './nuget-package.js';
import { size, TransferProgress } from './transfer-progress.js';
import { extractFile } from './zip-file.js';

const packageId = 'Microsoft.ML.OnnxRuntime.Gpu.Linux';
const pathInPackage = 'runtimes/linux-x64/native';
/** The second one is what the first one talks to ONNX Runtime through. */
const libraries = ['libonnxruntime_providers_cuda.so', 'libonnxruntime_providers_shared.so'];
const silenceLimitMs = 30_000;

export interface ProviderPlaces {
  /** Folder of the package onnxruntime-node. */
  home: string;
  /** Where the package is kept while it is fetched. */
  downloads: string;
  /** Service index of a NuGet source. */
  index: URL;
  print: (line: string) => void;
}

/** Where the libraries belong, for Linux on x64. */
function binOf(home: string): string {
  return join(home, 'bin/napi-v6/linux/x64');
}

export function hasProvider(home: string): boolean {
  return libraries.every((name) => existsSync(join(binOf(home), name)));
}

/** `NUGET_INDEX` names another source than nuget.org. */
export function nugetIndex(env: NodeJS.ProcessEnv): URL {
  const address = env['NUGET_INDEX'] || 'https://api.nuget.org/v3/index.json';
  if (!URL.canParse(address))
    throw new DownloadError(
      `NUGET_INDEX is ${address}, and has to be the address of a NuGet source's index.json.`,
    );
  return new URL(address);
}

/**
 * Fetches the provider. What has arrived is kept for the next attempt; the libraries appear when they are whole.
 * @throws DownloadError that says what to do; the signal's reason.
 */
export async function fetchProvider(places: ProviderPlaces, signal: AbortSignal): Promise<void> {
  await mkdir(places.downloads, { recursive: true });
  await withLock(join(places.downloads, '.lock'), () => fetchLocked(places, signal));
}

async function fetchLocked(places: ProviderPlaces, signal: AbortSignal): Promise<void> {
  const { home, downloads, index, print } = places;
  if (hasProvider(home)) return;
  const bin = binOf(home);
  if (!existsSync(bin)) throw new DownloadError(`${bin} is missing: install the packages first with npm ci.`);
  const { version } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as { version: string };
  const dispatcher = new EnvHttpProxyAgent({ headersTimeout: silenceLimitMs, bodyTimeout: silenceLimitMs });
  const source = { endpoint: index.origin, token: undefined, dispatcher };
  try {
    const found = await findPackage(index, packageId, version, source, signal);
    print(`CUDA provider of ONNX Runtime: ${size(found.size ?? 0)} from ${found.address.href}`);
    const path = join(downloads, `${packageId}.${version}.nupkg`);
    const progress = new TransferProgress(found.size ?? 0, print);
    try {
      await downloadFrom(
        found.address,
        {
          source: {
            type: 'hub',
            repository: packageId,
            // Another package has another name for what has arrived of it.
            revision: createHash('sha256').update(`${version} ${found.sha512}`).digest('hex'),
            path: `${version}.nupkg`,
            size: found.size,
          },
          path,
          hub: source,
          onBytes: (bytes) => progress.add(bytes),
        },
        signal,
      );
    } finally {
      progress.end();
    }
    try {
      await checkSum(path, found.sha512, print, signal);
      for (const name of libraries) await extractFile(path, `${pathInPackage}/${name}`, join(bin, name));
    } finally {
      await rm(path, { force: true });
    }
  } finally {
    await dispatcher.close();
  }
}

async function checkSum(
  path: string,
  expected: string | undefined,
  print: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  if (expected === undefined) {
    print(
      'CUDA provider: this source tells no sum of the package; only the checksums inside it are compared',
    );
    return;
  }
  const hash = createHash('sha512');
  await pipeline(createReadStream(path), hash, { signal });
  const sha512 = hash.digest('base64');
  if (sha512 !== expected)
    throw new DownloadError(
      `${packageId} has the SHA-512 ${sha512}, and not ${expected}: it was changed on its way. It was not kept. Try again.`,
    );
}
