import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { identifyProcess, isAlive, type ProcessIdentity } from './process-identity';

/** A lock file that names its holder, so that the lock of a killed process is no lock. */
export interface FileLock {
  release(): void;
}

/** Takes the lock, or returns who holds it. A holder that no longer lives is pushed aside. */
export function tryLock(path: string): FileLock | ProcessIdentity {
  mkdirSync(dirname(path), { recursive: true });
  return withDraft(path, (draft) => {
    for (;;) {
      if (linked(draft, path)) return { release: () => rmSync(path, { force: true }) };
      const holder = lockHolder(path);
      if (holder) return holder;
      discardStale(path, draft);
    }
  });
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

/**
 * Removes the lock of a dead holder. Only who holds the second lock may remove the first, after another look: otherwise a
 * slow process could remove the new lock of a quick one.
 */
function discardStale(path: string, draft: string): void {
  const breaker = `${path}.breaking`;
  if (!linked(draft, breaker)) {
    if (isStale(breaker)) rmSync(breaker, { force: true });
    else pause();
    return;
  }
  try {
    if (isStale(path)) rmSync(path, { force: true });
  } finally {
    rmSync(breaker, { force: true });
  }
}

/** There, and of nobody who lives, by one look. A lock that is not there is not stale: somebody may be taking it. */
function isStale(path: string): boolean {
  const content = readContent(path);
  if (content === undefined) return false;
  const holder = parseIdentity(content);
  return holder === undefined || !isAlive(holder);
}

/** Our identity, written whole beside the lock, for the time of `work`. */
function withDraft<T>(path: string, work: (draft: string) => T): T {
  const self = identifyProcess(process.pid) ?? { pid: process.pid, startTime: '' };
  const draft = `${path}.${process.pid}.${randomUUID()}`;
  writeFileSync(draft, JSON.stringify(self), { mode: 0o600 });
  try {
    return work(draft);
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Whether `path` did not exist and now is the draft. */
function linked(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
}

function readIdentity(path: string): ProcessIdentity | undefined {
  return parseIdentity(readContent(path) ?? '');
}

function readContent(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function parseIdentity(content: string): ProcessIdentity | undefined {
  try {
    const value: unknown = JSON.parse(content);
    if (typeof value !== 'object' || value === null) return undefined;
    const { pid, startTime } = value as Partial<ProcessIdentity>;
    return typeof pid === 'number' && typeof startTime === 'string' ? { pid, startTime } : undefined;
  } catch {
    return undefined;
  }
}
