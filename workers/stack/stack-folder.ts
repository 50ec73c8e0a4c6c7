import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type StackFile, stackFileName } from '../../settings/settings';

const largestLog = 20 * 1024 * 1024;

/** What the local stack keeps in the data folder, and where. What holds addresses, mail or secrets is for its owner only. */
export class StackFolder {
  constructor(readonly dataDir: string) {
    for (const name of ['logs', 'temporal', 'mail']) mkdirSync(join(dataDir, name), { recursive: true, mode: 0o711 });
    for (const name of ['logs', 'temporal', 'mail']) chmodSync(join(dataDir, name), 0o700);
  }

  /** Held by the supervisor as long as it lives. */
  get lockFile(): string {
    return join(this.dataDir, 'supervisor.lock');
  }

  get processesFile(): string {
    return join(this.dataDir, 'processes.json');
  }

  get portsFile(): string {
    return join(this.dataDir, 'ports.json');
  }

  get temporalDatabase(): string {
    return join(this.dataDir, 'temporal', 'temporal.db');
  }

  get mailFolder(): string {
    return join(this.dataDir, 'mail');
  }

  /** Log of one process; one that has grown large is put aside when the process starts anew. */
  logFile(name: string): string {
    const file = join(this.dataDir, 'logs', `${name}.log`);
    const found = statSync(file, { throwIfNoEntry: false });
    if (found && found.size > largestLog) renameSync(file, `${file}.1`);
    return file;
  }

  writeStack(stack: StackFile): void {
    this.replace(join(this.dataDir, stackFileName), `${JSON.stringify(stack, undefined, 2)}\n`);
  }

  removeStack(): void {
    rmSync(join(this.dataDir, stackFileName), { force: true });
  }

  /** 32 random bytes in hex, made once; two that ask at the same time get the same. */
  secret(name: 'secret.key' | 'postgres.password'): string {
    const file = join(this.dataDir, name);
    if (!existsSync(file)) {
      const draft = `${file}.${process.pid}`;
      writeFileSync(draft, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 });
      try {
        linkSync(draft, file);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      } finally {
        rmSync(draft, { force: true });
      }
    }
    chmodSync(file, 0o600);
    return readFileSync(file, 'utf8').trim();
  }

  /** Written beside its place and moved: a reader sees the old file or the new one. */
  replace(file: string, content: string): void {
    const draft = `${file}.${process.pid}.partial`;
    writeFileSync(draft, content, { mode: 0o600 });
    renameSync(draft, file);
  }
}
