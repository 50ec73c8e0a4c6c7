import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { privateRootFolder } from './postgres-programs';
import { canReach, type ServerAccount } from './server-account';

/**
 * Where the cluster of a stack lives: `<dataDir>/postgres`; when PostgreSQL runs as another account that cannot get
 * there, a folder below `/var/tmp` that is always the same for this data folder and password (who removes the data
 * folder to start anew gets another cluster).
 */
export function databaseFolder(options: {
  dataDir: string;
  account: ServerAccount | undefined;
  password: string;
}): string {
  const { dataDir, account, password } = options;
  mkdirSync(dataDir, { recursive: true });
  if (account === undefined) return join(dataDir, 'postgres');
  const { mode } = statSync(dataDir);
  if ((mode & 0o001) === 0) chmodSync(dataDir, (mode & 0o777) | 0o001);
  return join(canReach(dataDir, account) ? dataDir : privateRootFolder(`${dataDir}\0${password}`), 'postgres');
}
