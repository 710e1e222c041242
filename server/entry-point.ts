/** Where a thread's or child process's entry file is: compiled beside its caller, or TypeScript when run from source. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface EntryPoint {
  /** For `new Worker(url)`. */
  url: URL;
  /** For `fork(path, [], { execArgv })`. */
  path: string;
  /** Node options that a child process needs to run the file. */
  execArgv: string[];
}

/**
 * V8 lets the young part of every heap grow to 48 MB before it collects it; ours hold little and are many. Short pauses
 * come with it. The main process is started with the same, in package.json and wherever else it is started.
 */
const SMALL_HEAP = '--max-semi-space-size=2';

/**
 * @param name file name without extension, relative to `from`, such as `./media-thread-worker`.
 * @param from `import.meta.url` of the caller.
 */
export function entryPoint(name: string, from: string): EntryPoint {
  const compiled = new URL(`${name}.js`, from);
  if (existsSync(compiled)) return { url: compiled, path: fileURLToPath(compiled), execArgv: [SMALL_HEAP] };
  const source = new URL(`${name}.ts`, from);
  return { url: loaderOf(source), path: fileURLToPath(source), execArgv: [SMALL_HEAP, '--import', 'tsx'] };
}

/** A module that teaches its thread TypeScript and then runs the file: Node 20 ignores `--import tsx` in threads. */
function loaderOf(source: URL): URL {
  const tsx = import.meta.resolve('tsx/esm/api');
  const code = `import { register } from '${tsx}'; register(); await import('${source.href}');`;
  return new URL(`data:text/javascript,${encodeURIComponent(code)}`);
}
