/** The machine itself: Node, processor, memory, graphics card, and what the set-up has to bring. */
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { getLlamaGpuTypes } from 'node-llama-cpp';
import type { Config } from '../config.js';
import { cudaFault } from '../engines/onnx/cuda-probe.js';
import { hasWorker, mediasoupWorkerPath } from '../setup/mediasoup-worker.js';
import { pocketSphinxNeed } from '../setup/pocketsphinx.js';
import { bad, good, note, type Finding, type Part } from './finding.js';
import { graphicsCards } from './graphics-cards.js';
import { memory } from './memory.js';

const leastNode = [20, 19] as const;
/** Instructions that make models several times as quick. */
const wantedFeatures = ['avx2', 'fma', 'f16c'];
const helpfulFeatures = ['avx512f', 'avx512_vnni', 'avx_vnni', 'amx_int8'];
const cardAdvice = 'npm run models -- gpu says what is missing';

export const machine: Part = {
  about: 'Node, processor, memory, graphics card, what the set-up brings',
  async *examine(config: Config): AsyncGenerator<Finding> {
    yield node();
    yield* processor();
    yield await memory(config);
    yield hasWorker()
      ? good(`mediasoup's worker: ${mediasoupWorkerPath()}`)
      : bad("mediasoup's worker is not there", 'npm run build -- fetches or builds it, as npm start does');
    if (config.recognizer.model === 'pocketsphinx') {
      yield pocketSphinxNeed.isMet()
        ? good('PocketSphinx is installed')
        : bad(
            'PocketSphinx is not installed',
            `apt-get install ${pocketSphinxNeed.packages.apt?.join(' ') ?? ''}`,
          );
    }
    yield threadPool();
    yield* card(config);
  },
};

function node(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [leastMajor, leastMinor] = leastNode;
  const enough = major > leastMajor || (major === leastMajor && minor >= leastMinor);
  const what = `Node ${process.versions.node}`;
  return enough ? good(what) : bad(what, `Parley needs Node ${leastNode.join('.')} or newer`);
}

function* processor(): Generator<Finding> {
  yield good(`${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} threads`);
  if (process.arch !== 'x64') return;
  const flags = new Set(/^flags\s*:(.*)$/m.exec(read('/proc/cpuinfo'))?.[1]?.trim().split(' ') ?? []);
  if (flags.size === 0) return;
  const missing = wantedFeatures.filter((feature) => !flags.has(feature));
  const helpful = helpfulFeatures.filter((feature) => flags.has(feature));
  if (missing.length > 0)
    yield note(
      `the processor lacks ${missing.join(', ')}`,
      'language models are several times slower without',
    );
  else yield good(`it has ${[...wantedFeatures, ...helpful].join(', ')}`);
}

function threadPool(): Finding {
  const size = Number(process.env['UV_THREADPOOL_SIZE'] ?? 4);
  return size >= 8
    ? good(`UV_THREADPOOL_SIZE is ${size}`)
    : note(
        `UV_THREADPOOL_SIZE is ${size}`,
        'npm start sets 16; whoever starts the server otherwise must set it too',
      );
}

async function* card(config: Config): AsyncGenerator<Finding> {
  const cards = await graphicsCards();
  for (const one of cards) yield good(`${one.name}, ${one.memory}, driver ${one.driver}`);
  const { device } = config.languageModel;
  const usable = await getLlamaGpuTypes('supported');
  const types = usable.filter((type) => type !== false);
  if (types.length > 0) yield good(`llama.cpp can compute with ${types.join(', ')}`);
  else if (device === 'cpu' || device === 'auto')
    yield note('llama.cpp can use no graphics card: the language model computes on the processor');
  else yield bad(`llama.cpp can use no graphics card, and languageModel.device is ${device}`, cardAdvice);
  yield* onnxCard(config);
}

/** Only where the configuration wants a card for models of ONNX: the attempt takes a moment. */
async function* onnxCard({ recognizer, synthesizer }: Config): AsyncGenerator<Finding> {
  const devices = { recognizer: recognizer.device, synthesizer: synthesizer.device };
  const asking = Object.entries(devices).filter(([, device]) => device !== 'cpu');
  if (asking.length === 0) return;
  const fault = await cudaFault();
  if (fault === undefined) {
    yield good('ONNX Runtime can compute on the graphics card');
    return;
  }
  const what = `ONNX Runtime cannot compute on a graphics card (${fault})`;
  const strict = asking.filter(([, device]) => device === 'cuda').map(([stage]) => `${stage}.device`);
  if (strict.length > 0) yield bad(`${what}, and ${strict.join(' and ')} is cuda`, cardAdvice);
  else yield note(`${what}: the processor computes`, cardAdvice);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
