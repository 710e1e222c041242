import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { deferred } from '../../../server/engines/deferred.js';
import { EngineHost, type EngineHostOptions } from '../../../server/engines/engine-host.js';
import { Priority } from '../../../server/engines/engine-types.js';
import { entryPoint } from '../../../server/entry-point.js';
import { EngineFailedError, ModelUnusableError } from '../../../server/errors.js';
import { createLogger } from '../../../server/log.js';
import type { ScriptedRequest, ScriptedSetup } from './scripted-worker.js';

type Host = EngineHost<ScriptedRequest, string, string, string>;

const never = new AbortController().signal;
const entry = entryPoint('./scripted-worker', import.meta.url);

describe.each(['thread', 'process'] as const)('an engine host with a %s', (kind) => {
  const hosts: Host[] = [];
  let crashes: EngineFailedError[];

  const start = async (
    options: Partial<EngineHostOptions> & { setup?: ScriptedSetup } = {},
  ): Promise<Host> => {
    const host: Host = await EngineHost.start({
      name: 'scripted',
      place: { kind, entry, killable: true },
      setup: {},
      logger: createLogger('silent'),
      onCrash: (error) => crashes.push(error),
      ...options,
    });
    hosts.push(host);
    return host;
  };
  const say = (
    host: Host,
    value: string,
    priority: Priority = Priority.waiting,
    signal = never,
  ): Promise<string> => host.request({ do: 'answer', value }, { priority }, signal);
  /** Keeps a worker busy with listening. */
  const listen = async (
    host: Host,
    signal = never,
  ): Promise<{ input: (input: string) => void; result: Promise<string> }> => {
    const started = deferred<(input: string) => void>();
    const result = host.request(
      { do: 'listen' },
      { priority: Priority.waiting, onStart: started.resolve },
      signal,
    );
    return { input: await started.promise, result };
  };

  beforeEach(() => {
    crashes = [];
  });
  afterEach(async () => {
    await Promise.all(hosts.splice(0).map((host) => host.close()));
  });

  test('gives chunks, then the result', async () => {
    const host = await start();
    const chunks: string[] = [];
    const options = { priority: Priority.draft, onChunk: (chunk: string): unknown => chunks.push(chunk) };
    const result = await host.request(
      { do: 'answer', value: 'done', chunks: ['one', 'two'] },
      options,
      never,
    );
    expect({ result, chunks }).toEqual({ result: 'done', chunks: ['one', 'two'] });
  });

  test('serves the most urgent first and equal ones by arrival', async () => {
    const host = await start();
    const busy = await listen(host);
    const order: string[] = [];
    const ask = (value: string, priority: Priority): Promise<unknown> =>
      say(host, value, priority).then((result) => order.push(result));
    const all = [
      ask('partial', Priority.spare),
      ask('later clause 1', 1000),
      ask('final', Priority.waiting),
      ask('later clause 2', 1000),
      ask('another final', Priority.waiting),
    ];
    expect(host.load).toMatchObject({ waiting: 5, running: 1, crashes: 0 });
    busy.input('end');
    await Promise.all(all);
    expect(order).toEqual(['final', 'another final', 'later clause 1', 'later clause 2', 'partial']);
    expect(host.load).toMatchObject({ waiting: 0, running: 0, oldestWaitingMs: 0 });
  });

  test('removes a waiting request whose signal aborts', async () => {
    const host = await start();
    const busy = await listen(host);
    const abort = new AbortController();
    const unwanted = say(host, 'unwanted', Priority.waiting, abort.signal);
    abort.abort();
    await expect(unwanted).rejects.toMatchObject({ name: 'AbortError' });
    expect(host.load.waiting).toBe(0);
    busy.input('end');
    await busy.result;
    await expect(say(host, 'late', Priority.waiting, abort.signal)).rejects.toMatchObject({
      name: 'AbortError',
    });
  });

  test('stops the run of an aborted request and goes on with the next', async () => {
    const host = await start();
    const abort = new AbortController();
    const busy = await listen(host, abort.signal);
    const next = say(host, 'next');
    abort.abort();
    await expect(busy.result).rejects.toMatchObject({ name: 'AbortError' });
    await expect(next).resolves.toBe('next');
    expect(crashes).toEqual([]);
  });

  test('hands inputs to the run in order', async () => {
    const host = await start();
    const busy = await listen(host);
    for (const word of ['to', 'be', 'or', 'not', 'end']) busy.input(word);
    await expect(busy.result).resolves.toBe('to be or not');
  });

  test('refuses when too many wait', async () => {
    const host = await start({ maxWaiting: 1 });
    const busy = await listen(host);
    const waiting = say(host, 'waiting');
    await expect(say(host, 'refused')).rejects.toThrow(
      'scripted is overloaded: 1 requests are waiting already.',
    );
    busy.input('end');
    await expect(waiting).resolves.toBe('waiting');
  });

  test('passes on why a run failed, and goes on', async () => {
    const host = await start();
    const failed = host.request({ do: 'fail' }, { priority: Priority.waiting }, never);
    await expect(failed).rejects.toThrow(new EngineFailedError('scripted failed: the model said no'));
    await expect(say(host, 'next')).resolves.toBe('next');
  });

  test('reports a worker that dies, fails what it ran and what waited, and replaces it', async () => {
    const host = await start();
    expect(host.info).toMatchObject({ replacement: false });
    const dying = host.request({ do: 'die' }, { priority: Priority.waiting }, never);
    const waiting = say(host, 'waiting');
    await expect(dying).rejects.toThrow(EngineFailedError);
    await expect(waiting).rejects.toThrow(`A ${kind} of scripted ended`);
    expect(crashes).toHaveLength(1);
    if (kind === 'process') expect(crashes[0]?.message).toContain('exit code 3, saying "last words"');
    await expect(say(host, 'back')).resolves.toBe('back');
    expect(host.load.crashes).toBe(1);
    expect(host.info).toMatchObject({ replacement: true });
  });

  test('replaces a worker that hangs', async () => {
    const host = await start({ silenceLimitMs: 300 });
    const hanging = host.request({ do: 'hang' }, { priority: Priority.waiting }, never);
    await expect(hanging).rejects.toThrow('said nothing for 300 ms');
    await expect(say(host, 'back')).resolves.toBe('back');
  });

  test('does not take a run that waits for its caller for one that hangs', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const host = await start({ silenceLimitMs: 1000 });
      const heard = deferred<void>();
      const started = deferred<(input: string) => void>();
      const options = {
        priority: Priority.waiting,
        onStart: started.resolve,
        onChunk: () => {
          heard.resolve();
        },
      };
      const result = host.request({ do: 'listen' }, options, never);
      const input = await started.promise;
      input('hello');
      await heard.promise;
      await vi.waitFor(() => {
        expect(vi.getTimerCount()).toBe(0);
      });
      vi.advanceTimersByTime(60_000);
      input('end');
      await expect(result).resolves.toBe('hello');
      expect(crashes).toEqual([]);
    } finally {
      vi.useRealTimers();
    }
  });

  test('does not take a run that catches up for one that hangs, and can stop it', async () => {
    const host = await start({ silenceLimitMs: 3000 });
    const abort = new AbortController();
    const listen = (signal: AbortSignal): Promise<string> =>
      host.request(
        { do: 'listen', busyMs: 100 },
        {
          priority: Priority.waiting,
          onStart: (input) => {
            for (let count = 0; count < 40; count++) input('word');
            input('end');
          },
        },
        signal,
      );
    const heard = await listen(never);
    expect(heard.split(' ')).toHaveLength(40);
    const stopped = listen(abort.signal);
    abort.abort();
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
    const before = performance.now();
    await say(host, 'next');
    expect(performance.now() - before).toBeLessThan(3000);
    expect(crashes).toEqual([]);
  }, 30_000);

  test('keeps the others working when one of several dies', async () => {
    const host = await start({ workers: 2 });
    const busy = await listen(host);
    await expect(host.request({ do: 'die' }, { priority: Priority.waiting }, never)).rejects.toThrow(
      EngineFailedError,
    );
    busy.input('still here');
    busy.input('end');
    await expect(busy.result).resolves.toBe('still here');
  });

  test('says why a model cannot be used', async () => {
    const starting = start({ setup: { unusable: 'the file is cut in half' } });
    await expect(starting).rejects.toThrow(new ModelUnusableError('the file is cut in half'));
  });

  test('closes: fails what waits, stops what runs, ends the worker', async () => {
    const host = await start();
    const busy = await listen(host);
    const waiting = say(host, 'waiting');
    const closing = host.close();
    await expect(busy.result).rejects.toThrow('scripted is closing.');
    await expect(waiting).rejects.toThrow('scripted is closing.');
    await closing;
    await expect(say(host, 'late')).rejects.toThrow('scripted is closing.');
    if (kind === 'process') {
      const { pid } = host.info as { pid: number };
      expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    }
    expect(crashes).toEqual([]);
  });
});
