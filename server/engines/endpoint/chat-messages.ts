/** A conversation in the form of OpenAI's chat completions. Pure. */
import type { ChatMessage, Tool, ToolCall } from '../engine-types.js';

export type EndpointMessage =
  | { role: 'system' | 'user'; content: string }
  | { role: 'assistant'; content: string | null; tool_calls?: EndpointCall[] }
  | { role: 'tool'; tool_call_id: string; content: string };

interface EndpointCall {
  id: string;
  type: 'function';
  function: { name: string; arguments: string };
}

/** The history, and what the model has said and done so far in the answer that is being made. */
export function endpointMessages(
  history: readonly ChatMessage[],
  soFar: readonly (string | ToolCall)[],
): EndpointMessage[] {
  const messages: EndpointMessage[] = [];
  let calls = 0;
  const addCall = (call: ToolCall) => {
    const id = `call_${calls++}`;
    const args = typeof call.arguments === 'string' ? call.arguments : JSON.stringify(call.arguments ?? {});
    messages.push(
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id, type: 'function', function: { name: call.name, arguments: args } }],
      },
      { role: 'tool', tool_call_id: id, content: JSON.stringify(call.result) ?? 'null' },
    );
  };
  for (const message of history) {
    if (message.role === 'assistant') message.calls?.forEach(addCall);
    messages.push({ role: message.role, content: message.text });
  }
  for (const item of soFar) {
    if (typeof item === 'string') messages.push({ role: 'assistant', content: item });
    else addCall(item);
  }
  return messages;
}

export function endpointTools(tools: readonly Tool[]) {
  return tools.map(({ name, description, parameters }) => ({
    type: 'function',
    function: { name, description, parameters: parameters ?? { type: 'object', properties: {} } },
  }));
}
