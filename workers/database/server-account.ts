import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { VolanteError } from '../../errors/volante-error';

/** PostgreSQL refuses to run as root; as root it runs as this account. */
export interface ServerAccount {
  name: string;
  uid: number;
  gid: number;
}

/** Undefined when this process is not root. As root: `postgres` if there is one, else `nobody`. */
export function serverAccount(): ServerAccount | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
    .filter(({ uid, gid }) => uid > 0 && gid > 0);
  const account = ['postgres', 'nobody'].map((name) => accounts.find((known) => known.name === name)).find(Boolean);
  if (account) return account;
  throw new VolanteError('VOL-503', {
    message: 'PostgreSQL does not run as root, and there is neither a `postgres` nor a `nobody` account',
    fix: 'create the account (`useradd --system postgres`), run as another user, or set DATABASE_URL',
  });
}

/** Whether the account may pass through every folder above `path`, and enter it where it is a folder. */
export function canReach(path: string, account: ServerAccount): boolean {
  for (let folder = path; ; folder = dirname(folder)) {
    const found = statSync(folder, { throwIfNoEntry: false });
    if (found?.isDirectory() && (found.mode & enterBit({ owner: found.uid, group: found.gid, account })) === 0) {
      return false;
    }
    if (folder === dirname(folder)) return true;
  }
}

function enterBit({ owner, group, account }: { owner: number; group: number; account: ServerAccount }): number {
  if (owner === account.uid) return 0o100;
  return group === account.gid ? 0o010 : 0o001;
}
