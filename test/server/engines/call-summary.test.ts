import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { withSummary } from '../../../server/engines/call-summary.js';
import type { ChatMessage, ReplyOptions } from '../../../server/engines/engine-types.js';
import { LlamaLanguageModel } from '../../../server/engines/llama-language-model.js';
import { pocketModel } from './pocket-model.js';

const turn: ChatMessage = { role: 'user', text: 'hello' };

it('a summary stands behind the instructions, or alone where there are none', () => {
  const system: ChatMessage = { role: 'system', text: 'Be kind.' };
  expect(withSummary([system, turn], '')).toEqual([system, turn]);
  const [first, second] = withSummary([system, turn], 'The caller is Ada.');
  expect(first?.text).toMatch(/^Be kind\.\n\n.*: The caller is Ada\.$/);
  expect(second).toEqual(turn);
  expect(withSummary([turn], 'The caller is Ada.')[0]?.role).toBe('system');
});

describe('a model that summarises', () => {
  const never = new AbortController().signal;
  const options: ReplyOptions = { tools: [], maxTokens: 64, temperature: 0 };
  let model: LlamaLanguageModel;

  beforeAll(async () => {
    model = await LlamaLanguageModel.load({
      ...pocketModel,
      sequences: 1,
      contextTokens: 384,
      summarises: true,
    });
  });
  afterAll(() => model.close());

  it('does so while nobody waits, and the next turn finds the conversation read', async () => {
    const handle = model.open();
    const history: ChatMessage[] = [{ role: 'system', text: 'You are Ada.' }];
    const costs: number[] = [];
    for (let index = 0; index < 30; index++) {
      history.push({ role: 'user', text: 'what is the capital of france' });
      const before = model.evaluatedTokens;
      let text = '';
      for await (const delta of handle.reply(history, options, never))
        if (delta.type === 'text') text += delta.text;
      expect(text).not.toBe('');
      costs.push(model.evaluatedTokens - before);
      history.push({ role: 'assistant', text });
      await handle.prefill(history, options, never);
    }
    await handle.close();
    // More than the context holds was said, and no answer had to read it again.
    expect(costs.slice(1).every((cost) => cost < 60)).toBe(true);
  });
});
