import { readFileSync, rmSync } from 'node:fs';
import { endProcess, isAlive, type ProcessIdentity } from '../binaries/process-identity';
import type { StackFolder } from './stack-folder';

export const processNames = ['gateway', 'worker', 'mailbox', 'temporal', 'database'] as const;

/** In the order in which they are stopped: first who uses, last who is used. */
export type ProcessName = (typeof processNames)[number];

/** Which processes the stack has started, on disk, so that a successor can end those of a supervisor that was killed. */
export class RecordedProcesses {
  private readonly known: Partial<Record<ProcessName, ProcessIdentity>>;

  constructor(private readonly folder: StackFolder) {
    this.known = readRecord(folder.processesFile);
  }

  get(name: ProcessName): ProcessIdentity | undefined {
    return this.known[name];
  }

  record(name: ProcessName, identity: ProcessIdentity | undefined): void {
    if (identity) this.known[name] = identity;
    else delete this.known[name];
    this.folder.replace(this.folder.processesFile, JSON.stringify(this.known));
  }

  /** Those that still live; a recycled process number is not among them. */
  living(): ProcessName[] {
    return processNames.filter((name) => {
      const identity = this.known[name];
      return identity !== undefined && isAlive(identity);
    });
  }

  /** Ends what still lives, in order, and forgets all. PostgreSQL is asked for its fast shutdown. */
  async endAll(graceMs = 20_000): Promise<ProcessName[]> {
    const ended = this.living();
    for (const name of ended) {
      const identity = this.known[name];
      if (identity) await endProcess(identity, { signal: name === 'database' ? 'SIGINT' : 'SIGTERM', graceMs });
    }
    for (const name of processNames) delete this.known[name];
    rmSync(this.folder.processesFile, { force: true });
    return ended;
  }
}

function readRecord(file: string): Partial<Record<ProcessName, ProcessIdentity>> {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
