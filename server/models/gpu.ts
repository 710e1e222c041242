/** `npm run models -- gpu`: fetches what ONNX models need to compute on a graphics card, and says what the host lacks. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { getLlamaGpuTypes } from 'node-llama-cpp';
import { graphicsCards, type GraphicsCard } from '../doctor/graphics-cards.js';
import { cudaFault } from '../engines/onnx/cuda-probe.js';
import { projectRoot } from '../project-root.js';
import { fetchProvider, hasProvider, nugetIndex, type ProviderPlaces } from './cuda-provider.js';

/** Libraries that the CUDA provider loads, and Debian's or NVIDIA's package of each. */
const libraries: Readonly<Record<string, string>> = {
  'libcudart.so.12': 'cuda-cudart-12-6',
  'libcublas.so.12': 'libcublas-12-6',
  'libcurand.so.10': 'libcurand-12-6',
  'libcufft.so.11': 'libcufft-12-6',
  'libcudnn.so.9': 'libcudnn9-cuda-12',
};

export interface GpuSetUp extends ProviderPlaces {
  /** Fetches for another machine, or before the card is there. */
  force: boolean;
  cards: () => Promise<GraphicsCard[]>;
}

/** As things are on this machine. */
export function gpuSetUp(folder: string, force: boolean, print: (line: string) => void): GpuSetUp {
  return {
    home: join(projectRoot(), 'node_modules/onnxruntime-node'),
    downloads: join(folder, '.cuda-provider'),
    index: nugetIndex(process.env),
    cards: graphicsCards,
    force,
    print,
  };
}

/**
 * Says each thing as it is known.
 * @returns whether ONNX models can compute on the card now.
 * @throws DownloadError when the provider cannot be fetched; the signal's reason.
 */
export async function setUpGpu(setUp: GpuSetUp, signal: AbortSignal): Promise<boolean> {
  const { print } = setUp;
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    print(`ONNX Runtime brings CUDA for Linux on x64 only, not for ${process.platform} on ${process.arch}.`);
    return false;
  }
  const cards = await setUp.cards();
  for (const { name, memory, driver } of cards) print(`card: ${name}, ${memory}, driver ${driver}`);
  if (cards.length === 0)
    print(
      'card: none that the NVIDIA driver shows (nvidia-smi). With a card in the machine, install the driver: apt-get install nvidia-driver',
    );
  const missing = await missingLibraries();
  if (missing.length === 0) print('CUDA 12 and cuDNN 9: installed');
  else
    print(
      `libraries missing: ${missing.join(', ')}. From NVIDIA's repository for your system ` +
        `(https://developer.nvidia.com/cuda-downloads): apt-get install ${missing.map((name) => libraries[name]).join(' ')}`,
    );
  if (hasProvider(setUp.home)) print('CUDA provider of ONNX Runtime: is here');
  else if (cards.length === 0 && !setUp.force) {
    print(
      'CUDA provider of ONNX Runtime: not fetched, for there is no card. --force fetches it all the same.',
    );
    return false;
  } else {
    await fetchProvider(setUp, signal);
    print('CUDA provider of ONNX Runtime: fetched');
  }
  if (cards.length === 0) return false;
  const types = (await getLlamaGpuTypes('supported')).filter((type) => type !== false);
  print(`llama.cpp: ${types.length > 0 ? types.join(', ') : 'the processor only'}`);
  const fault = await cudaFault();
  print(`ONNX Runtime on the card: ${fault === undefined ? 'works' : `does not work: ${fault}`}`);
  return fault === undefined;
}

async function missingLibraries(): Promise<string[]> {
  const folders = (process.env['LD_LIBRARY_PATH'] ?? '').split(':').filter(Boolean);
  let cache = '';
  try {
    cache = (await promisify(execFile)('/sbin/ldconfig', ['-p'], { maxBuffer: 1 << 24 })).stdout;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return Object.keys(libraries).filter(
    (name) => !cache.includes(`${name} `) && !folders.some((folder) => existsSync(join(folder, name))),
  );
}
