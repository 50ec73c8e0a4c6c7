import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { identifyProcess, isAlive, type ProcessIdentity } from './process-identity';

/** A lock file that names its holder, so that the lock of a killed process is no lock. */
export interface FileLock {
  release(): void;
}

/** Takes the lock, or returns who holds it. A holder that no longer lives is pushed aside. */
export function tryLock(path: string): FileLock | ProcessIdentity {
  mkdirSync(dirname(path), { recursive: true });
  const self = identifyProcess(process.pid) ?? { pid: process.pid, startTime: '' };
  const draft = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  writeFileSync(draft, JSON.stringify(self), { mode: 0o600 });
  try {
    for (;;) {
      try {
        linkSync(draft, path);
        return { release: () => rmSync(path, { force: true }) };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const holder = lockHolder(path);
      if (holder) return holder;
      discardStale(path);
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

/** The living process that holds the lock, if any. */
export function lockHolder(path: string): ProcessIdentity | undefined {
  const holder = readIdentity(path);
  return holder && isAlive(holder) ? holder : undefined;
}

/** Waits for the lock; `onWait` is told once whom it waits for. */
export async function lock(path: string, onWait?: (holder: ProcessIdentity) => void): Promise<FileLock> {
  let told = false;
  for (;;) {
    const taken = tryLock(path);
    if ('release' in taken) return taken;
    if (!told) onWait?.(taken);
    told = true;
    await new Promise((wake) => setTimeout(wake, 200));
  }
}

/** Of several that find the same dead holder, one wins the rename; a living lock taken by mistake is put back. */
function discardStale(path: string): void {
  const aside = `${path}.stale.${process.pid}.${Math.random().toString(36).slice(2)}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  const moved = readIdentity(aside);
  if (moved && isAlive(moved)) {
    try {
      linkSync(aside, path);
    } catch {
      // Somebody took the lock in between; the one put aside notices at release.
    }
  }
  rmSync(aside, { force: true });
}

function readIdentity(path: string): ProcessIdentity | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof value !== 'object' || value === null) return undefined;
    const { pid, startTime } = value as Partial<ProcessIdentity>;
    return typeof pid === 'number' && typeof startTime === 'string' ? { pid, startTime } : undefined;
  } catch {
    return undefined;
  }
}
