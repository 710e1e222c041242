/** The parts of the examination, in their order. */
import type { Part } from './finding.js';

/** Loaded when they are wanted. `npm run doctor` runs all, `npm run doctor -- NAME...` some. */
export const parts: Readonly<Record<string, () => Promise<Part>>> = {
  machine: async () => (await import('./machine.js')).machine,
  network: async () => (await import('./network.js')).network,
  models: async () => (await import('./models.js')).models,
  conversation: async () => (await import('./conversation.js')).conversation,
};
