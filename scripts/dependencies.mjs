/** What package-lock.json names, and whether it is installed. Plain Node, no packages. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Words for npm. Not `npm ci`: it insists on lock entries for the optional packages of every platform, and a lock file
 * written behind a registry without them has none.
 */
export const installCommand = ['install', '--no-save', '--no-audit', '--no-fund'];

/** @throws Error when the lock file was not brought in step with package.json */
export function assertLockAgrees(root) {
  const { packages } = readJson(root, 'package-lock.json');
  const { dependencies, devDependencies } = readJson(root, 'package.json');
  const agreed = (ours, locked) => JSON.stringify(sorted(ours)) === JSON.stringify(sorted(locked));
  if (!agreed(dependencies, packages[''].dependencies) || !agreed(devDependencies, packages[''].devDependencies)) {
    throw new Error('package.json and package-lock.json disagree: run `npm install` and commit both');
  }
}

/** Whether node_modules holds exactly what the lock file names; optional packages of other platforms may be missing. */
export function dependenciesAreInstalled(root) {
  if (!existsSync(join(root, 'node_modules', '.package-lock.json'))) return false;
  const { packages: wanted } = readJson(root, 'package-lock.json');
  const { packages: found } = readJson(root, 'node_modules/.package-lock.json');
  return Object.entries(wanted).every(
    ([path, { version, optional, peer }]) =>
      path === '' || found[path]?.version === version || (found[path] === undefined && (optional || peer)),
  );
}

function readJson(root, file) {
  return JSON.parse(readFileSync(join(root, file), 'utf8'));
}

function sorted(record = {}) {
  return Object.entries(record).sort();
}
