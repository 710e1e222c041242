import { describe, expect, it } from 'vitest';

import { ReplyParser, type ReplyPart, type ReplySyntax } from '../../../server/engines/llama-reply-parser.js';

/** The syntax of the built-in model. */
const plain: ReplySyntax = {
  callPrefixes: ['[[call: '],
  argumentsPrefix: '(',
  argumentsSuffix: ')]]',
  stops: ['<|im_end|>'],
};

/** The syntax that many larger models share. */
const tagged: ReplySyntax = {
  callPrefixes: ['<tool_call>\n{"name": "'],
  argumentsPrefix: '", "arguments": ',
  argumentsSuffix: '}\n</tool_call>',
  stops: ['<|im_end|>'],
  thought: { open: ['<think>'], close: '</think>', openAtStart: false },
};

/** The parts of an output that comes in pieces of this many characters, texts joined. */
function parse(output: string, syntax = plain, pieceLength = 1): ReplyPart[] {
  const parser = new ReplyParser(syntax);
  const parts: ReplyPart[] = [];
  for (let at = 0; at < output.length; at += pieceLength)
    parts.push(...parser.push(output.slice(at, at + pieceLength)));
  parts.push(...parser.end());
  return parts.reduce<ReplyPart[]>((joined, part) => {
    const last = joined.at(-1);
    if (last?.type === 'text' && part.type === 'text') last.text += part.text;
    else joined.push({ ...part });
    return joined;
  }, []);
}

describe('the reply parser', () => {
  it.each<[output: string, syntax: ReplySyntax, parts: ReplyPart[]]>([
    ['Hello, Marvin.', plain, [{ type: 'text', text: 'Hello, Marvin.' }]],
    [' \n Hello', plain, [{ type: 'text', text: 'Hello' }]],
    ['[[call: get_time({})]]', plain, [{ type: 'call', name: 'get_time', json: '{}' }]],
    [
      'One moment. [[call: book({"at": "a } b", "n": [1, {"x": "\\""}]})]] Done.',
      plain,
      [
        { type: 'text', text: 'One moment. ' },
        { type: 'call', name: 'book', json: '{"at": "a } b", "n": [1, {"x": "\\""}]}' },
      ],
    ],
    ['[[call: get_time()]]', plain, [{ type: 'call', name: 'get_time', json: '' }]],
    ['[[call: get_time({"a', plain, [{ type: 'call', name: 'get_time({"a', json: '' }]],
    ['a [[ b [[call', plain, [{ type: 'text', text: 'a [[ b [[call' }]],
    ['Bye.<|im_end|>\nmore', plain, [{ type: 'text', text: 'Bye.' }, { type: 'stop' }]],
    ['<think>He wants [[this]].</think>\n\nHello', tagged, [{ type: 'text', text: 'Hello' }]],
    [
      'Sure.\n<tool_call>\n{"name": "get_time", "arguments": {"zone": "UTC"}}\n</tool_call>',
      tagged,
      [
        { type: 'text', text: 'Sure.\n' },
        { type: 'call', name: 'get_time', json: '{"zone": "UTC"}' },
      ],
    ],
  ])('%j', (output, syntax, parts) => {
    for (let length = 1; length < 20; length++) expect(parse(output, syntax, length)).toEqual(parts);
  });

  it('hides a thought that is open from the beginning', () => {
    const syntax = { ...plain, thought: { open: [], close: '</think>', openAtStart: true } };
    expect(parse('hm</think>Yes', syntax)).toEqual([{ type: 'text', text: 'Yes' }]);
    expect(parse('hm, still thinking', syntax)).toEqual([]);
  });

  it('gives text back at once unless it may be something else', () => {
    const parser = new ReplyParser(plain);
    expect(parser.push('Hello')).toEqual([{ type: 'text', text: 'Hello' }]);
    expect(parser.push(' [')).toEqual([{ type: 'text', text: ' ' }]);
    expect(parser.push('[x')).toEqual([{ type: 'text', text: '[[x' }]);
  });
});
