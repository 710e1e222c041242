/** Puts the calling thread in front of the others where the operating system lets us. */
import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';

/** Nice value of a thread that must keep time. */
const TIMELY = -10;

/** @returns whether it worked: it takes the right to lower nice values (root, CAP_SYS_NICE), and Linux. */
export function raiseThreadPriority(): boolean {
  try {
    // On Linux a nice value belongs to the thread, and /proc/thread-self says which one is asking.
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    setPriority(thread, TIMELY);
    return true;
  } catch {
    // Not allowed or not Linux: the thread keeps the common priority and does its best.
    return false;
  }
}
