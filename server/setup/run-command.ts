/** Runs a program to its end, line by line, so that its progress can be shown and its failure told. */

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

import { SetupError } from './setup-error.js';

export interface CommandOptions {
  /** The folder it runs in; default the current one. */
  cwd?: string;
  /** Variables on top of the set-up's own. */
  env?: Record<string, string>;
  /** Called with every line that the program prints, stderr included. */
  onLine?: (line: string) => void;
}

/** How much of a failed program's output is worth showing. */
const KEPT_LINES = 15;

/** Resolves when the program ended well; otherwise throws a `SetupError` that carries its last lines. */
export async function runCommand(
  command: string,
  args: string[],
  options: CommandOptions = {},
): Promise<void> {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stopChild = stopWithUs(child);

  const lastLines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lastLines.push(line);
      if (lastLines.length > KEPT_LINES) lastLines.shift();
      options.onLine?.(line);
    });
  }

  try {
    const outcome = await new Promise<string>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code: number | null, signal: NodeJS.Signals | null) => {
        resolve(code === 0 ? '' : (signal ?? `exit code ${code}`));
      });
    });
    if (outcome)
      throw new SetupError(`\`${command} ${args.join(' ')}\` failed (${outcome}):\n${lastLines.join('\n')}`);
  } catch (error) {
    if (error instanceof SetupError) throw error;
    throw new SetupError(`\`${command}\` could not be run: ${String(error)}`, { cause: error });
  } finally {
    stopChild.forget();
  }
}

/** A set-up that is told to stop takes the program with it: two builds in one folder would spoil each other. */
function stopWithUs(child: { kill: (signal: NodeJS.Signals) => boolean }): { forget: () => void } {
  const onSignal = (signal: NodeJS.Signals): void => {
    child.kill(signal);
    process.exit(signal === 'SIGINT' ? 130 : 143);
  };
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  return {
    forget: () => {
      process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    },
  };
}
