import { describe, expect, it } from 'vitest';
import { BadRequestError } from '../../../server/errors.js';
import { pageTools } from '../../../server/tools/page-tools.js';
import { runTool } from '../../../client/page-tools.js';

const definition = { name: 'show', description: 'Shows a picture.' };

describe("the page's functions", () => {
  it('are run by the page, and its errors come back in its words', async () => {
    const ofPage = [
      { ...definition, run: (args: unknown) => ({ shown: args }) },
      {
        name: 'fail',
        description: 'Fails.',
        run: () => {
          throw new Error('There is no picture.');
        },
      },
    ];
    const tools = pageTools(
      ofPage.map(({ name, description }) => ({ name, description })),
      [],
      async (name, args) => {
        const answer = await runTool(ofPage, { name, arguments: args });
        if (!answer.ok) throw new Error(answer.message);
        return answer.result;
      },
      1000,
    );
    const { signal } = new AbortController();
    expect(await tools[0]?.run({}, signal)).toEqual({ shown: {} });
    await expect(tools[1]?.run({}, signal)).rejects.toThrow('There is no picture.');
    await expect(tools[0]?.run({ picture: 1 }, signal)).rejects.toThrow(/picture/);
    expect(await runTool(ofPage, { name: 'other', arguments: {} })).toMatchObject({ ok: false });
  });

  it("may not have the name of one of the server's, nor two the same", () => {
    const call = () => Promise.resolve(null);
    expect(() => pageTools([definition], ['show'], call, 1000)).toThrow(BadRequestError);
    expect(() => pageTools([definition, definition], [], call, 1000)).toThrow(/called show already/);
  });
});
