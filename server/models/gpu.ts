/** `npm run models -- gpu`: fetches what ONNX models need to compute on a graphics card, and says what the host lacks. */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { getLlamaGpuTypes } from 'node-llama-cpp';
import { graphicsCards } from '../doctor/graphics-cards.js';
import { cudaFault } from '../engines/onnx/cuda-probe.js';
import { projectRoot } from '../project-root.js';

const installLimitMs = 1_800_000;

/** Libraries that the CUDA provider loads, and Debian's or NVIDIA's package of each. */
const libraries: Readonly<Record<string, string>> = {
  'libcudart.so.12': 'cuda-cudart-12-6',
  'libcublas.so.12': 'libcublas-12-6',
  'libcurand.so.10': 'libcurand-12-6',
  'libcufft.so.11': 'libcufft-12-6',
  'libcudnn.so.9': 'libcudnn9-cuda-12',
};

/**
 * Says each thing as it is known.
 * @returns whether ONNX models can compute on the card now.
 */
export async function setUpGpu(print: (line: string) => void): Promise<boolean> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    print(`ONNX Runtime brings CUDA for Linux on x64 only, not for ${process.platform} on ${process.arch}.`);
    return false;
  }
  const cards = await graphicsCards();
  for (const { name, memory, driver } of cards) print(`card: ${name}, ${memory}, driver ${driver}`);
  if (cards.length === 0)
    print(
      'card: none that the NVIDIA driver shows (nvidia-smi). Install the driver: apt-get install nvidia-driver',
    );
  const missing = await missingLibraries();
  if (missing.length === 0) print('CUDA 12 and cuDNN 9: installed');
  else
    print(
      `libraries missing: ${missing.join(', ')}. From NVIDIA's repository for your system ` +
        `(https://developer.nvidia.com/cuda-downloads): apt-get install ${missing.map((name) => libraries[name]).join(' ')}`,
    );
  if (!(await fetchProvider(print))) return false;
  const types = (await getLlamaGpuTypes('supported')).filter((type) => type !== false);
  print(`llama.cpp: ${types.length > 0 ? types.join(', ') : 'the processor only'}`);
  const fault = await cudaFault();
  print(`ONNX Runtime on the card: ${fault === undefined ? 'works' : `does not work: ${fault}`}`);
  return fault === undefined;
}

/** The provider is a library beside the binding that npm has installed; its own script fetches it. */
async function fetchProvider(print: (line: string) => void): Promise<boolean> {
  const home = join(projectRoot(), 'node_modules/onnxruntime-node');
  if (hasProvider(home)) {
    print('CUDA provider of ONNX Runtime: is here');
    return true;
  }
  print('CUDA provider of ONNX Runtime: fetching some 300 MB from NuGet ...');
  let said = '';
  try {
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      [join(home, 'script/install.js'), '--onnxruntime-node-install=cuda12'],
      { cwd: home, timeout: installLimitMs, maxBuffer: 1 << 24 },
    );
    said = `${stdout}${stderr}`.trim().split('\n').at(-1) ?? '';
  } catch (error) {
    const why = error instanceof Error ? error.message.trim().split('\n').at(-1) : String(error);
    print(
      `CUDA provider: cannot be fetched (${why}). Is nuget.org reachable? GLOBAL_AGENT_HTTPS_PROXY names a proxy.`,
    );
    return false;
  }
  if (hasProvider(home)) return true;
  print(
    `CUDA provider: the script of onnxruntime-node has fetched nothing into ${home}/bin. It says: ${said || 'nothing'}`,
  );
  return false;
}

function hasProvider(home: string): boolean {
  const bin = join(home, 'bin');
  if (!existsSync(bin)) return false;
  return readdirSync(bin, { recursive: true, encoding: 'utf8' }).some(
    (file) => file.includes('linux/x64') && file.endsWith('libonnxruntime_providers_cuda.so'),
  );
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
