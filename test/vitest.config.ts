import { defineConfig } from 'vitest/config';

/** Every test file runs in a process of its own: native addons and mediasoup workers do not share one. */
export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    env: { ORT_DISABLE_TELEMETRY: '1' },
    maxWorkers: 1,
    // Machines that check changes do other work beside; a test that fails twice has failed.
    retry: process.env['CI'] === 'true' ? 1 : 0,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    reporters: ['default'],
  },
});
