/** Reads a streamed chat completion: text as it comes, function calls when they are whole, no thoughts. */
import { z } from 'zod';
import { EngineFailedError } from '../../errors.js';
import { ReplyParser } from '../llama-reply-parser.js';

export type ChatPart = { type: 'text'; text: string } | { type: 'call'; name: string; json: string };

const chunkSchema = z.object({
  error: z.unknown().optional(),
  choices: z
    .array(
      z.object({
        delta: z
          .object({
            content: z.string().nullish(),
            tool_calls: z
              .array(
                z.object({
                  index: z.number().optional(),
                  function: z
                    .object({ name: z.string().nullish(), arguments: z.string().nullish() })
                    .optional(),
                }),
              )
              .nullish(),
          })
          .optional(),
        finish_reason: z.string().nullish(),
      }),
    )
    .optional(),
});

/** Servers that do not know a model's thoughts send them as text. */
const thoughts = {
  callPrefixes: [],
  argumentsPrefix: '',
  argumentsSuffix: '',
  stops: [],
  thought: { open: ['<think>'], close: '</think>', openAtStart: false },
};

/**
 * @param events data of server-sent events.
 * @throws EngineFailedError when the endpoint tells an error or the answer ends in its middle.
 */
export async function* readChat(events: AsyncIterable<string>, name: string): AsyncGenerator<ChatPart> {
  const parser = new ReplyParser(thoughts);
  const calls: { name: string; json: string }[] = [];
  let finished = false;
  for await (const event of events) {
    const { choices, error } = parseChunk(event, name);
    if (error !== undefined && error !== null)
      throw new EngineFailedError(`${name}: the endpoint says: ${JSON.stringify(error)}`);
    const choice = choices?.[0];
    if (choice === undefined) continue;
    if (choice.finish_reason !== undefined && choice.finish_reason !== null) finished = true;
    for (const part of parser.push(choice.delta?.content ?? ''))
      if (part.type === 'text') yield { type: 'text', text: part.text };
    for (const [place, piece] of (choice.delta?.tool_calls ?? []).entries()) {
      const call = (calls[piece.index ?? place] ??= { name: '', json: '' });
      call.name += piece.function?.name ?? '';
      call.json += piece.function?.arguments ?? '';
    }
  }
  for (const part of parser.end()) if (part.type === 'text') yield { type: 'text', text: part.text };
  if (!finished) throw new EngineFailedError(`${name}: the answer ends in its middle.`);
  for (const { name: called, json } of calls.filter(Boolean)) yield { type: 'call', name: called, json };
}

function parseChunk(event: string, name: string): z.infer<typeof chunkSchema> {
  try {
    return chunkSchema.parse(JSON.parse(event));
  } catch (error) {
    throw new EngineFailedError(`${name}: this is no chat completion: ${event.slice(0, 200)}`, {
      cause: error,
    });
  }
}
