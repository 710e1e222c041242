import { describe, expect, it } from 'vitest';
import { boundedTool } from '../../../server/tools/bounded-tool.js';

const never = new AbortController().signal;
const weather = {
  name: 'weather',
  description: 'The weather of a city.',
  parameters: {
    type: 'object',
    properties: { city: { type: 'string' }, days: { type: 'integer', minimum: 1 } },
    required: ['city'],
    additionalProperties: false,
  },
};

describe('a bounded function', () => {
  it('runs with right arguments and gives the result', async () => {
    const tool = boundedTool(weather, (args) => Promise.resolve({ of: args, sky: 'blue' }), 1000);
    expect(await tool.run({ city: 'Bonn', days: 2 }, never)).toEqual({
      of: { city: 'Bonn', days: 2 },
      sky: 'blue',
    });
  });

  it.each([
    [{}, /city: .*string/],
    [{ city: 'Bonn', days: 0 }, /days: .*1/],
    [{ city: 'Bonn', town: 1 }, /town/],
    ['Bonn', /object/],
  ])('does not run with %j and says what is wrong', async (args, why) => {
    let ran = false;
    const tool = boundedTool(
      weather,
      () => {
        ran = true;
        return Promise.resolve(null);
      },
      1000,
    );
    await expect(tool.run(args, never)).rejects.toThrow(/^The arguments of weather are wrong\. /);
    await expect(tool.run(args, never)).rejects.toThrow(why);
    expect(ran).toBe(false);
  });

  it('fails after its time, and the function is told', async () => {
    let told: AbortSignal | undefined;
    const tool = boundedTool(
      weather,
      (_, signal) => {
        told = signal;
        return new Promise(() => undefined);
      },
      30,
    );
    await expect(tool.run({ city: 'Bonn' }, never)).rejects.toThrow('weather did not answer within 30 ms.');
    expect(told?.aborted).toBe(true);
  });

  it('refuses a schema that cannot be checked', () => {
    const parameters = { type: 'object', properties: { city: { type: 'town' } } };
    expect(() => boundedTool({ ...weather, parameters }, () => Promise.resolve(null), 1000)).toThrow(/town/);
  });
});
