import { pino } from 'pino';
import { expect, it } from 'vitest';
import type { Engine } from '../../../server/engines/engine-types.js';
import { startWhereQuicker, type OnnxDevice } from '../../../server/engines/measured-device.js';
import { cudaFault } from '../../../server/engines/onnx/cuda-probe.js';

const log = pino({ level: 'silent' });

/** Starts engines whose requests take so long, and notes what becomes of them. */
function engines(requestMs: Record<OnnxDevice, number>) {
  const open = new Set<OnnxDevice>();
  const start = (device: OnnxDevice) => {
    open.add(device);
    const engine: Engine = {
      name: device,
      warm: () => new Promise((resolve) => setTimeout(resolve, requestMs[device])),
      close: () => {
        open.delete(device);
        return Promise.resolve();
      },
    };
    return Promise.resolve(engine);
  };
  return { open, start };
}

it.each<[string, Record<OnnxDevice, number>, OnnxDevice]>([
  ['on the card where that is quicker', { cuda: 10, cpu: 200 }, 'cuda'],
  ['on the processor where the card gains nothing', { cuda: 200, cpu: 10 }, 'cpu'],
])('computes %s, and closes the other', async (_what, requestMs, expected) => {
  const { open, start } = engines(requestMs);
  const engine = await startWhereQuicker('auto', start, { probe: () => Promise.resolve(undefined), log });
  expect(engine.name).toBe(expected);
  expect([...open]).toEqual([expected]);
});

it('does not touch a card that cannot be used, nor measure when it is told where', async () => {
  const { open, start } = engines({ cuda: 1, cpu: 1 });
  const probe = () => Promise.resolve('no driver');
  expect((await startWhereQuicker('auto', start, { probe, log })).name).toBe('cpu');
  expect([...open]).toEqual(['cpu']);
  expect((await startWhereQuicker('cuda', start, { probe, log })).name).toBe('cuda');
});

it('computes on the processor what the card cannot run, for lack of memory or of a kernel', async () => {
  for (const failing of ['start', 'warm']) {
    const { open, start } = engines({ cuda: 1, cpu: 1 });
    const refuse = () => Promise.reject(new Error('out of memory'));
    const engine = await startWhereQuicker(
      'auto',
      async (device) => {
        if (device === 'cuda' && failing === 'start') return refuse();
        const started = await start(device);
        return device === 'cuda' ? { ...started, warm: refuse } : started;
      },
      { probe: () => Promise.resolve(undefined), log },
    );
    expect(engine.name).toBe('cpu');
    expect([...open]).toEqual(['cpu']);
  }
});

it('leaves nothing on the card when the processor cannot start the model', async () => {
  const { open, start } = engines({ cuda: 1, cpu: 1 });
  const starting = startWhereQuicker(
    'auto',
    (device) => (device === 'cpu' ? Promise.reject(new Error('damaged')) : start(device)),
    { probe: () => Promise.resolve(undefined), log },
  );
  await expect(starting).rejects.toThrow('damaged');
  expect([...open]).toEqual([]);
});

it('finds out in another process whether ONNX Runtime can use the card', async () => {
  const fault = await cudaFault();
  // A machine with a card, and the provider fetched, has none.
  if (fault !== undefined) expect(fault).toMatch(/cuda|provider/i);
}, 60_000);
