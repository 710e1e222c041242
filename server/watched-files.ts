/** Tells when files change. By asking, for files that are mounted or replaced as a whole tell of no change. */
import { unwatchFile, watchFile } from 'node:fs';

const ASK_EVERY_MS = 1000;

/**
 * Calls `changed` after one of the files was written, replaced or came back.
 * @returns a function that ends the watch.
 */
export function watchFiles(paths: readonly string[], changed: () => void): () => void {
  const listeners = paths.map((path) => {
    const listener = (now: { mtimeMs: number; ino: number }, before: { mtimeMs: number; ino: number }) => {
      const gone = now.mtimeMs === 0;
      if (!gone && (now.mtimeMs !== before.mtimeMs || now.ino !== before.ino)) changed();
    };
    watchFile(path, { interval: ASK_EVERY_MS, persistent: false }, listener);
    return () => unwatchFile(path, listener);
  });
  return () => listeners.forEach((stop) => stop());
}
