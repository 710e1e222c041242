/** Stands in for inference: computes for `busyMs`, rests for `restMs`, over and over. */
import { workerData } from 'node:worker_threads';

const { busyMs, restMs } = workerData as { busyMs: number; restMs: number };
const latch = new Int32Array(new SharedArrayBuffer(4));
let sum = 0;
for (;;) {
  const untilMs = performance.now() + busyMs;
  while (performance.now() < untilMs) for (let i = 0; i < 10_000; i++) sum += Math.sqrt(i);
  if (restMs > 0) Atomics.wait(latch, 0, Math.trunc(sum) % 1, restMs);
}
