/** Puts the calling thread in front of the others where the operating system lets us. */
import { execFileSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';

/** How far it got: ahead of every common thread, ahead of most, or nowhere. */
export type ThreadPriority = 'realtime' | 'raised' | 'common';

/** Nice value where real-time scheduling is not allowed. */
const RAISED_NICE = -10;

/**
 * For a thread that must keep time and never computes for long. Real-time scheduling (SCHED_RR, the lowest of its
 * priorities) and lower nice values take CAP_SYS_NICE or a matching RLIMIT_RTPRIO, and Linux; without them the
 * thread keeps the common priority and does its best. Threads and processes that it starts do not inherit it.
 */
export function raiseThreadPriority(): ThreadPriority {
  let thread: string;
  try {
    // On Linux scheduling belongs to the thread, and this link says which one is asking.
    thread = readlinkSync('/proc/thread-self').split('/').at(-1) ?? '';
  } catch {
    return 'common';
  }
  try {
    execFileSync('chrt', ['--reset-on-fork', '--rr', '--pid', '1', thread], {
      stdio: 'ignore',
      timeout: 2_000,
    });
    return 'realtime';
  } catch {
    // Not allowed, or no util-linux: the next best.
  }
  try {
    setPriority(Number(thread), RAISED_NICE);
    return 'raised';
  } catch {
    return 'common';
  }
}
