/** Checks a GGUF file before llama.cpp gets it: a file cut in half can bring down the whole process there. */
import { open, stat } from 'node:fs/promises';

import { type GgufFileInfo, GgufInsights, type Llama, readGgufFileInfo } from 'node-llama-cpp';

import { ModelUnusableError } from '../errors.js';

/** What a GGUF file begins with. */
const magic = 'GGUF';
/** Magic and version, then the numbers of tensors and of metadata entries, 64 bits each. */
const headerBytes = 24;

/**
 * Whether the file is there and begins like a GGUF file.
 * @throws ModelUnusableError that names the file and what to do.
 */
export async function checkModelFile(path: string): Promise<void> {
  const header = Buffer.alloc(headerBytes);
  let size: number;
  try {
    const file = await open(path);
    try {
      await file.read(header, 0, headerBytes, 0);
      ({ size } = await file.stat());
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new ModelUnusableError(
      `The language model ${path} cannot be read. Set languageModel.model to a GGUF file that is there.`,
      { cause: error },
    );
  }
  if (header.toString('latin1', 0, magic.length) !== magic)
    throw new ModelUnusableError(`The language model ${path} is not a GGUF file. ${fetchAgain}`);
  // Whoever reads on believes these numbers, and past the end of the file as well.
  if (header.readBigUInt64LE(8) > size || header.readBigUInt64LE(16) > size)
    throw new ModelUnusableError(
      `The language model ${path} is damaged: its header promises more than the file can hold. ${fetchAgain}`,
    );
}

/** What the header of a model says. */
export interface ModelHeader {
  info: GgufFileInfo;
  insights: GgufInsights;
}

/**
 * Whether all weights are there.
 * @throws ModelUnusableError that names the file and what to do.
 */
export async function checkWeights(path: string, llama: Llama): Promise<ModelHeader> {
  const { size } = await stat(path);
  let neededBytes: number;
  let header: ModelHeader;
  try {
    const info = await readGgufFileInfo(path, { sourceType: 'filesystem', logWarnings: false });
    header = { info, insights: await GgufInsights.from(info, llama) };
    // The parts of a split model are checked by llama.cpp.
    neededBytes = info.splicedParts > 1 ? 0 : (info.infoEndOffset ?? 0) + header.insights.modelSize;
  } catch (error) {
    throw new ModelUnusableError(
      `The language model ${path} is damaged: its header cannot be read. ${fetchAgain}`,
      { cause: error },
    );
  }
  if (size < neededBytes)
    throw new ModelUnusableError(
      `The language model ${path} is incomplete: ${size} bytes of ${neededBytes} are there. ${fetchAgain}`,
    );
  return header;
}

const fetchAgain = 'Fetch it again, or set languageModel.model to another GGUF file.';
