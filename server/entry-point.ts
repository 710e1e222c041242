/** Where a thread's or child process's entry file is: compiled beside its caller, or TypeScript when run from source. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface EntryPoint {
  url: URL;
  path: string;
  /** Node options that the thread or process needs to run the file. */
  execArgv: string[];
}

/**
 * @param name file name without extension, relative to `from`, such as `./media-thread-worker`.
 * @param from `import.meta.url` of the caller.
 */
export function entryPoint(name: string, from: string): EntryPoint {
  const compiled = new URL(`${name}.js`, from);
  if (existsSync(compiled)) return { url: compiled, path: fileURLToPath(compiled), execArgv: [] };
  const source = new URL(`${name}.ts`, from);
  return { url: source, path: fileURLToPath(source), execArgv: ['--import', 'tsx'] };
}
