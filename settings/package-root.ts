import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Folder that holds this package's package.json, whether code runs from source or from dist. */
export function packageRoot(from: string = __dirname): string {
  let folder = from;
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error(`no package.json above ${from}`);
    folder = parent;
  }
  return folder;
}
