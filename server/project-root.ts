/** Where Parley is installed: the folder with its `package.json`, from the sources as well as from `dist/`. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

let root: string | undefined;

export function projectRoot(): string {
  if (root === undefined) {
    let folder = dirname(fileURLToPath(import.meta.url));
    while (!existsSync(join(folder, 'package.json'))) {
      const parent = dirname(folder);
      if (parent === folder) throw new Error('Parley is not installed in a folder with a package.json.');
      folder = parent;
    }
    root = folder;
  }
  return root;
}
