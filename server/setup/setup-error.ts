/** What the set-up stops with: one line that names what is wrong and what to do about it. */

/** A failure the user can act on. Its message is printed alone, without a stack. */
export class SetupError extends Error {
  override name = 'SetupError';
}
