/** Keeps a phone's screen from going dark during a call, for with it the microphone would go silent. */

let wanted = false;
let lock: WakeLockSentinel | undefined;

/** Says whether the screen should stay on from now on. */
export function stayAwake(wish: boolean): void {
  wanted = wish;
  if (wish) void take();
  else void lock?.release();
}

// The browser takes the lock away whenever the page is hidden.
document.addEventListener('visibilitychange', () => {
  if (wanted && document.visibilityState === 'visible') void take();
});

async function take(): Promise<void> {
  // Missing in older browsers and on insecure pages, whatever the type says.
  const { wakeLock } = navigator as { wakeLock?: WakeLock };
  if (!wakeLock) return;
  try {
    lock = await wakeLock.request('screen');
    if (!wanted) await lock.release();
  } catch (error) {
    console.debug('The screen may go dark.', error);
  }
}
