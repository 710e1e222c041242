import { describe, expect, it, vi } from 'vitest';

import { Priority } from '../../../../server/engines/engine-types.js';
import type { StepRequest, StepResult } from '../../../../server/engines/recognition/serve-recognizer.js';
import { SteppedUtterance, type StepHost } from '../../../../server/engines/recognition/stepped-utterance.js';
import { EngineFailedError } from '../../../../server/errors.js';

type Step = Extract<StepRequest, { stream: number }>;

/** Answers with the number of samples that the stream has, as a model's thread would. */
class CountingHost implements StepHost {
  readonly steps: (Step & { priority: Priority })[] = [];
  readonly forgotten: number[] = [];
  readonly streams = new Map<number, number>();
  /** What the next steps do instead. */
  readonly failures: (() => Promise<StepResult>)[] = [];

  async request(request: StepRequest, priority: Priority, signal: AbortSignal): Promise<StepResult> {
    signal.throwIfAborted();
    if ('forget' in request) {
      this.forgotten.push(request.forget);
      return { words: '' };
    }
    this.steps.push({ ...request, priority });
    const failure = this.failures.shift();
    if (failure) return failure();
    const { stream, from, samples } = request;
    const known = this.streams.get(stream) ?? 0;
    if (from > known) return { lost: true };
    this.streams.set(stream, from + samples.length);
    return { words: `${from + samples.length} samples` };
  }
}

const never = new AbortController().signal;
const options = { partialEveryMs: 100 };
const sound = (length: number, value = 7): Int16Array => new Int16Array(length).fill(value);

describe('an utterance by steps', () => {
  it('asks for partial words as sound comes, and sends every sample once', async () => {
    const host = new CountingHost();
    const partials: string[] = [];
    const utterance = new SteppedUtterance(host, options, (words) => partials.push(words), never);
    for (let sent = 0; sent < 8000; sent += 320) utterance.push(sound(320));
    await vi.waitFor(() => expect(partials.at(-1)).toBe('8000 samples'));
    utterance.push(sound(320));
    await expect(utterance.finish()).resolves.toBe('8320 samples');
    expect(host.steps.every(({ priority, final }) => (priority === Priority.waiting) === final)).toBe(true);
    expect(host.steps.reduce((sum, { samples }) => sum + samples.length, 0)).toBe(8320);
  });

  it('gives a partial step up for the final one', async () => {
    const host = new CountingHost();
    let started = false;
    host.failures.push(() => {
      started = true;
      return new Promise(() => undefined);
    });
    const stuck: StepHost = {
      request: (step, priority, signal) =>
        Promise.race([
          host.request(step, priority, signal),
          new Promise<never>((_, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason as Error));
          }),
        ]),
    };
    const utterance = new SteppedUtterance(stuck, options, () => undefined, never);
    utterance.push(sound(3200));
    expect(started).toBe(true);
    await expect(utterance.finish()).resolves.toBe('3200 samples');
  });

  it('sends everything again when the stream is lost', async () => {
    const host = new CountingHost();
    const partials: string[] = [];
    const utterance = new SteppedUtterance(host, options, (words) => partials.push(words), never);
    utterance.push(sound(1600));
    await vi.waitFor(() => expect(partials).toEqual(['1600 samples']));
    host.streams.clear();
    utterance.push(sound(100));
    await expect(utterance.finish()).resolves.toBe('1700 samples');
  });

  it('tries once more after a failure, from the beginning', async () => {
    const host = new CountingHost();
    host.failures.push(() => Promise.reject(new EngineFailedError('It died.')));
    const utterance = new SteppedUtterance(host, options, () => undefined, never);
    utterance.push(sound(100));
    await expect(utterance.finish()).resolves.toBe('100 samples');
    host.failures.push(...[1, 2].map(() => () => Promise.reject(new EngineFailedError('It died.'))));
    const next = new SteppedUtterance(host, options, () => undefined, never);
    next.push(sound(100));
    await expect(next.finish()).rejects.toThrow(EngineFailedError);
  });

  it('goes on with the stream of the utterance before, when it begins with the same sound', async () => {
    const host = new CountingHost();
    const before = new SteppedUtterance(host, options, () => undefined, never);
    before.push(sound(2000));
    await before.finish();
    host.steps.length = 0;
    const after = new SteppedUtterance(host, options, () => undefined, never, before.known);
    for (let sent = 0; sent < 5000; sent += 500) after.push(sound(500));
    await expect(after.finish()).resolves.toBe('5000 samples');
    expect(host.steps[0]).toMatchObject({ stream: before.known.stream, from: 2000 });
    expect(host.forgotten).toEqual([]);
  });

  it.each([
    ['other sound', sound(3000, 8)],
    ['less sound', sound(1000)],
  ])('begins anew with %s', async (_, other) => {
    const host = new CountingHost();
    const before = new SteppedUtterance(host, options, () => undefined, never);
    before.push(sound(2000));
    await before.finish();
    const after = new SteppedUtterance(host, options, () => undefined, never, before.known);
    after.push(other);
    await expect(after.finish()).resolves.toBe(`${other.length} samples`);
    expect(host.forgotten).toEqual([before.known.stream]);
    expect(host.steps.at(-1)).toMatchObject({ from: 0, samples: other });
  });

  it('has a stream that nobody wants forgotten', () => {
    const host = new CountingHost();
    const abort = new AbortController();
    const utterance = new SteppedUtterance(host, options, () => undefined, abort.signal);
    utterance.push(sound(2000));
    abort.abort();
    expect(host.forgotten).toEqual([utterance.known.stream]);
  });
});
