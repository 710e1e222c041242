import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getLlama, type Llama, LlamaLogLevel, type LlamaModel } from 'node-llama-cpp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LlamaPrompt, type LlamaThoughts } from '../../../server/engines/llama-prompt.js';
import { shapes, writeRandomModel } from '../../helpers/random-model.js';

const turns =
  "{%- for message in messages -%}{{ '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}{%- endfor -%}";
/** As templates of models write it that think unless they are told not to. */
const thinking =
  `${turns}{%- if add_generation_prompt -%}{{ '<|im_start|>assistant\\n' }}` +
  "{%- if enable_thinking is defined and enable_thinking is false -%}{{ '<think>\\n\\n</think>\\n\\n' }}{%- endif -%}{%- endif -%}";
const plain = `${turns}{%- if add_generation_prompt -%}{{ '<|im_start|>assistant\\n' }}{%- endif -%}`;

describe('a model that may think', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-thoughts-'));
  const models: LlamaModel[] = [];
  let llama: Llama;
  let open: (template: string) => Promise<LlamaModel>;

  beforeAll(async () => {
    llama = await getLlama({ gpu: false, build: 'never', logLevel: LlamaLogLevel.disabled });
    open = async (template) => {
      const path = join(folder, `${template.length}.gguf`);
      await writeRandomModel(path, shapes.tiny, { 'tokenizer.chat_template': template });
      const model = await llama.loadModel({ modelPath: path, gpuLayers: 0 });
      // Held until the end: a model that the collector finds and llama.cpp ends at the same moment can hang.
      models.push(model);
      return model;
    };
  });
  afterAll(async () => {
    for (const model of models) await model.dispose();
    await llama.dispose();
    rmSync(folder, { recursive: true });
  });

  const promptOf = (model: LlamaModel, thoughts: LlamaThoughts) => {
    const prompt = new LlamaPrompt(model, false, thoughts);
    return { prompt, text: model.detokenize(prompt.tokens([{ role: 'user', text: 'hi' }], []), true) };
  };

  it('answers behind an empty thought, and its turns end where they do', async () => {
    const model = await open(thinking);
    const { prompt, text } = promptOf(model, 'discourage');
    expect(text).toMatch(/assistant\n<think>\n\n<\/think>\n\n$/);
    const turn = prompt.callerTurn(prompt.tokens([{ role: 'user', text: 'hi' }], []));
    expect(model.detokenize(turn?.tokens ?? [], true)).toMatch(/user\nhi$/);
    expect(promptOf(model, 'auto').text).toMatch(/assistant\n$/);
  });

  it('is told nothing of thoughts when its template knows none', async () => {
    expect(promptOf(await open(plain), 'discourage').text).toMatch(/assistant\n$/);
  });
});
