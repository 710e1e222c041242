import { afterEach, describe, expect, it, vi } from 'vitest';
import { LatenessHistogram, newMediaCounts } from '../../../server/media/media-counting.js';
import { Pacer, type PacedVoice } from '../../../server/media/pacer.js';

const closing: Pacer[] = [];
afterEach(() => {
  for (const pacer of closing.splice(0)) pacer.close();
});

function open() {
  const counts = newMediaCounts();
  const pacer = new Pacer(counts);
  closing.push(pacer);
  return { pacer, counts };
}

/** A voice of so many frames that remembers its deadlines. */
class Voice implements PacedVoice {
  readonly deadlinesMs: number[] = [];
  readonly sentMs: number[] = [];
  constructor(private left: number) {}

  prepare(): boolean {
    return this.left > 0;
  }

  send(deadlineMs: number, nowMs: number): void {
    this.left--;
    this.deadlinesMs.push(deadlineMs);
    this.sentMs.push(nowMs);
  }

  steps(): number[] {
    return this.deadlinesMs.slice(1).map((deadline, i) => Math.round(deadline - (this.deadlinesMs[i] ?? 0)));
  }
}

function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

describe('pacer', () => {
  it('sends a frame every 20 ms, never before its deadline, and lets go of a voice that has ended', async () => {
    const { pacer } = open();
    const voice = new Voice(20);
    pacer.start(voice);
    pacer.start(voice);
    expect(pacer.talking).toBe(1);
    await vi.waitFor(() => expect(pacer.talking).toBe(0), { timeout: 5_000 });
    // A frame that was skipped on a busy machine is a step of its own length.
    for (const step of voice.steps()) expect(step % 20).toBe(0);
    expect(voice.deadlinesMs).toHaveLength(20);
    for (const [i, sentMs] of voice.sentMs.entries()) {
      expect(sentMs).toBeGreaterThan((voice.deadlinesMs[i] ?? 0) - 0.1);
    }
    expect(pacer.lateness.count).toBe(20);
  });

  it('sends at most three frames at once after a stall and skips the others in time', async () => {
    const { pacer, counts } = open();
    const voice = new Voice(30);
    pacer.start(voice);
    await vi.waitFor(() => expect(voice.sentMs.length).toBeGreaterThan(2), { timeout: 5_000, interval: 5 });
    const before = voice.sentMs.length;
    const stalledMs = voice.sentMs.at(-1) ?? 0;
    block(310);
    await vi.waitFor(() => expect(voice.sentMs.length).toBeGreaterThan(before + 3), { timeout: 5_000 });
    const skipped = voice.steps().filter((step) => step > 20);
    expect(skipped[0]).toBeGreaterThanOrEqual(260);
    expect(counts.framesSkipped).toBeGreaterThanOrEqual(12);
    const burst = voice.sentMs.filter((ms) => ms > stalledMs + 300 && ms < stalledMs + 318);
    expect(burst.length).toBeLessThanOrEqual(4);
    await vi.waitFor(() => expect(pacer.talking).toBe(0), { timeout: 5_000 });
    // Nothing of the sound was lost, and the deadlines are the clock's again.
    expect(voice.sentMs).toHaveLength(30);
    const span = (voice.deadlinesMs.at(-1) ?? 0) - (voice.deadlinesMs[0] ?? 0);
    expect(Math.round(span)).toBe(29 * 20 + counts.framesSkipped * 20);
  });

  it('gives every voice its own course and forgets one that is removed', async () => {
    const { pacer } = open();
    const voices = Array.from({ length: 8 }, () => new Voice(10));
    for (const voice of voices) {
      pacer.start(voice);
      block(3);
    }
    const removed = new Voice(1_000);
    pacer.start(removed);
    pacer.remove(removed);
    await vi.waitFor(() => expect(pacer.talking).toBe(0), { timeout: 5_000 });
    expect(removed.sentMs).toHaveLength(0);
    for (const voice of voices) expect(voice.sentMs).toHaveLength(10);
  });
});

describe('lateness histogram', () => {
  it('gives percentiles to 0.05 ms and starts anew after a report', () => {
    const histogram = new LatenessHistogram();
    expect(histogram.report()).toEqual({ p50: 0, p99: 0, max: 0 });
    for (let i = 1; i <= 1_000; i++) histogram.record(i / 100);
    histogram.record(5_000);
    const { p50, p99, max } = histogram.report();
    expect(p50).toBeCloseTo(5, 0);
    expect(p99).toBeCloseTo(9.95, 5);
    expect(max).toBe(5_000);
    expect(histogram.count).toBe(0);
  });
});
