/** Reads the data of server-sent events (HTML standard, 9.2.6) from bytes as they come. */

/** What ends a stream of OpenAI's kind. */
const done = '[DONE]';

/** The data of each event. The bytes are read to their end, so that the connection can be used again. */
export async function* eventData(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let data: string[] = [];
  let ended = false;
  for await (const line of linesOf(bytes)) {
    if (ended) continue;
    if (line === '') {
      const whole = data.join('\n');
      data = [];
      if (whole === done) ended = true;
      else if (whole !== '') yield whole;
    } else if (line.startsWith('data:')) {
      data.push(line.slice(line[5] === ' ' ? 6 : 5));
    }
  }
  const rest = data.join('\n');
  if (!ended && rest !== '' && rest !== done) yield rest;
}

async function* linesOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let held = '';
  for await (const chunk of bytes) {
    held += decoder.decode(chunk, { stream: true });
    // A carriage return at the end may be half of a line's end.
    const whole = held.endsWith('\r') ? held.slice(0, -1) : held;
    const lines = whole.split(/\r\n|\r|\n/);
    const open = lines.pop() ?? '';
    held = open + held.slice(whole.length);
    yield* lines;
  }
  if (held !== '') yield held.replace(/\r$/, '');
}
