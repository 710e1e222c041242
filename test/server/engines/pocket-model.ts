/** Where the built-in language model is, and how the tests load it. */
import { fileURLToPath } from 'node:url';

import type { LlamaLanguageModelOptions } from '../../../server/engines/llama-language-model.js';

export const pocketModel: LlamaLanguageModelOptions = {
  path: fileURLToPath(new URL('../../../models/pocket/pocket.gguf', import.meta.url)),
  sequences: 8,
  contextTokens: 1024,
  threads: 0,
};
