/** Collects garbage at a moment of our choosing: Node has no call for it, V8 has a function that must be asked for. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** For when nobody is waiting: it takes tens of milliseconds. */
export function collectGarbage(): void {
  // Flags are those of the whole process: taken back here, it would be missing in a thread that has just set it.
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('globalThis.gc') as (() => void) | undefined;
  collect?.();
}
