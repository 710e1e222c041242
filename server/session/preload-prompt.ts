/** Has the language model read what calls begin with, before the first one. */
import type { Config } from '../config.js';
import type { LanguageModel, Tool } from '../engines/engine-types.js';
import { builtInTools } from './built-in-tools.js';
import { Conversation } from './conversation.js';

/** How long it may take, ms: tokens of a system prompt by the slowest model that can hold a conversation. */
const limitMs = 120_000;

/** @param operatorTools functions that every call has beside the built-in ones. */
export async function preloadPrompt(
  languageModel: LanguageModel,
  operatorTools: readonly Tool[],
  config: Config,
): Promise<void> {
  const { maxTokens, temperature } = config.languageModel;
  const tools = [...builtInTools(() => undefined), ...operatorTools];
  const { messages } = new Conversation(config.agent.systemPrompt);
  await languageModel.preload?.(messages, { tools, maxTokens, temperature }, AbortSignal.timeout(limitMs));
}
