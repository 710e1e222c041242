/** Programs and libraries of the operating system: installs what is missing where it may, else says how. */

import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

import { withLock } from './cache-lock.js';
import { cacheFolder } from './locations.js';
import { Progress, print } from './progress.js';
import { runCommand } from './run-command.js';
import { SetupError } from './setup-error.js';

/** The package managers whose package names are known. */
export type PackageManager = 'apt' | 'dnf' | 'brew';

/** Something of the operating system that a part of Parley cannot do without. */
export interface SystemNeed {
  /** What it is for, as it reads after "needed for". */
  what: string;
  /** Looks for the thing itself, not for a package: it may have come another way. */
  isMet: () => boolean;
  /** The packages that bring it. */
  packages: Partial<Record<PackageManager, string[]>>;
  /** What else one can do, for machines where no package brings it. */
  otherwise?: string;
}

const PROGRAMS: Record<PackageManager, string> = { apt: 'apt-get', dnf: 'dnf', brew: 'brew' };

/**
 * Returns when every need is met. Root on Debian or Ubuntu gets the packages installed; anybody else gets a
 * `SetupError` with the command to run.
 */
export async function ensureSystemPackages(needs: SystemNeed[]): Promise<void> {
  if (unmet(needs).length === 0) return;
  const manager = (Object.keys(PROGRAMS) as PackageManager[]).find((name) => findProgram(PROGRAMS[name]));

  if (manager === 'apt' && process.getuid?.() === 0) {
    await withLock(join(cacheFolder(), 'system-packages.lock'), async () => {
      const packages = packagesOf(unmet(needs), 'apt');
      if (packages.length > 0) await aptInstall(packages);
    });
  }
  const missing = unmet(needs);
  if (missing.length > 0) throw new SetupError(explain(missing, manager));
}

/** The full path of a program on the PATH. */
export function findProgram(name: string): string | undefined {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .filter(Boolean)
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
}

function unmet(needs: SystemNeed[]): SystemNeed[] {
  return needs.filter((need) => !need.isMet());
}

function packagesOf(needs: SystemNeed[], manager: PackageManager): string[] {
  return [...new Set(needs.flatMap((need) => need.packages[manager] ?? []))];
}

async function aptInstall(packages: string[]): Promise<void> {
  print(`packages to install: ${packages.join(' ')}`);
  const progress = new Progress('installing system packages');
  const options = {
    env: { DEBIAN_FRONTEND: 'noninteractive' },
    onLine: (line: string) => {
      progress.update(line.trim());
    },
  };
  const waitForOthers = ['-o', 'DPkg::Lock::Timeout=300'];
  try {
    await runCommand('apt-get', ['update'], options).catch((error: unknown) => {
      // An unreachable third-party source does not matter as long as the packages are found.
      progress.update(String(error));
    });
    await runCommand(
      'apt-get',
      [...waitForOthers, 'install', '-y', '--no-install-recommends', ...packages],
      options,
    );
    progress.done('done');
  } catch (error) {
    progress.done('failed');
    throw error;
  }
}

function explain(missing: SystemNeed[], manager: PackageManager | undefined): string {
  const what = missing.map((need) => need.what).join(', ');
  const hints = missing.flatMap((need) => need.otherwise ?? []).join('; ');
  const sudo = process.getuid?.() === 0 ? '' : 'sudo ';
  const commands: Record<PackageManager, string> = {
    apt: `${sudo}apt-get update && ${sudo}apt-get install -y --no-install-recommends`,
    dnf: `${sudo}dnf install -y`,
    brew: 'brew install',
  };
  const known = manager && missing.every((need) => need.packages[manager]);
  const command = known
    ? `run: ${commands[manager]} ${packagesOf(missing, manager).join(' ')}`
    : `on Debian these are the packages ${packagesOf(missing, 'apt').join(' ')}`;
  return `system packages are missing, needed for ${what}; ${command}${hints && ` (or: ${hints})`}`;
}
