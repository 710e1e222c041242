/** The disk does not take what is fetched, in words that say what to do. */
import { ParleyError } from '../errors.js';

export class StorageError extends ParleyError {
  constructor(message: string, options?: ErrorOptions) {
    super('internal', message, options);
  }
}

const meanings: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full. Make room',
  EDQUOT: 'the quota of the disk is used up. Make room',
  EACCES: 'this user may not write there. Give them the right to',
  EPERM: 'this user may not write there. Give them the right to',
  EROFS: 'the disk can only be read. Mount it for writing',
};

/**
 * What the operating system said of a file, as a StorageError; anything else as it is.
 * @param place named where the error names none.
 */
export function storageError(error: unknown, place: string): unknown {
  if (!(error instanceof Error) || !('syscall' in error)) return error;
  const { code = '', path = place, message } = error as NodeJS.ErrnoException;
  const what = meanings[code];
  return new StorageError(
    what === undefined
      ? `${path} cannot be written or read: ${message}. See what is in the way there, or set models.folder to another place.`
      : `${path} cannot be written (${code}): ${what}, or set models.folder to another place. What has arrived is kept.`,
    { cause: error },
  );
}
