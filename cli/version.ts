import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The version in the package.json nearest above this file. */
export function readVersion(from: string = __dirname): string {
  try {
    const { name, version } = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8')) as Record<string, unknown>;
    if (name === 'volante') return String(version);
  } catch {
    // Not in this folder.
  }
  return dirname(from) === from ? 'unknown' : readVersion(dirname(from));
}
