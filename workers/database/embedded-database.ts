import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync } from 'node:fs';
import { chown, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Client } from 'pg';
import { VolanteError } from '../../errors/volante-error';
import { freePort } from '../binaries/free-port';
import { endProcess, identifyProcess, type ProcessIdentity } from '../binaries/process-identity';
import { lastWords, runCommand } from '../binaries/run-command';
import { type PostgresPrograms, postgresPrograms } from './postgres-programs';
import { type ServerAccount, serverAccount } from './server-account';

const owner = 'volante';

export interface EmbeddedDatabaseOptions {
  /** The cluster; made at the first start. Its parent must be reachable by the server's account (databaseFolder()). */
  folder: string;
  /** Of the role `volante`, the cluster's owner. */
  password: string;
  /** Kept over restarts; without it a free one is chosen at the first start. */
  port?: number;
  logFile: string;
  /** False only for throw-away clusters of tests: a power cut may then lose committed work. Default true. */
  durable?: boolean;
  maxConnections?: number;
  /** Told as soon as the server's process exists. */
  onSpawn?: (identity: ProcessIdentity) => void;
}

/**
 * A PostgreSQL 18 cluster from npm on the loopback interface, run by this process but in its own process group, so
 * that Ctrl-C in a terminal reaches us first. It survives our death; the next start() on its folder takes over.
 */
export class EmbeddedDatabase {
  readonly folder: string;
  readonly account: ServerAccount | undefined = serverAccount();
  private readonly programs: PostgresPrograms;
  private port: number | undefined;
  private server: { process: ChildProcess; identity: ProcessIdentity; ended: Promise<void> } | undefined;

  constructor(private readonly options: EmbeddedDatabaseOptions) {
    this.folder = options.folder;
    this.port = options.port;
    this.programs = postgresPrograms(this.account);
  }

  /** Of the running server. */
  get identity(): ProcessIdentity | undefined {
    return this.server?.identity;
  }

  /** Resolves when the running server has ended, for whatever reason. */
  get ended(): Promise<void> {
    return this.server?.ended ?? Promise.resolve();
  }

  /** Connection string, with the password. */
  url(database = 'volante'): string {
    return `postgresql://${owner}:${this.options.password}@127.0.0.1:${this.port ?? 0}/${database}`;
  }

  /** Makes the cluster if there is none, stops a server left over on it, starts, and waits until it answers. */
  async start(): Promise<void> {
    if (this.server) return;
    await this.endLeftOver();
    if (!existsSync(join(this.folder, 'PG_VERSION'))) await this.initialise();
    this.port ??= await freePort();
    const deadline = performance.now() + 60_000;
    for (;;) {
      this.spawnServer();
      const failure = await this.untilReady(deadline);
      if (failure === undefined) return;
      await this.kill();
      const oldBackendsRemain = failure.includes('shared memory block');
      if (!oldBackendsRemain || performance.now() > deadline) {
        throw new VolanteError('VOL-503', { message: `PostgreSQL does not start: ${failure}` });
      }
      await new Promise((wake) => setTimeout(wake, 250));
    }
  }

  /** Ends sessions and shuts down cleanly. */
  async stop(): Promise<void> {
    await this.end('SIGINT');
  }

  /** Ends it as a crash does; the next start() recovers from the log. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** @param template database to copy; nobody may be connected to it */
  async createDatabase(name: string, template = 'template1'): Promise<void> {
    await this.administer(async (client) => {
      const found = await client.query('select 1 from pg_database where datname = $1', [name]);
      if (found.rowCount === 0) {
        await client.query(
          `create database ${client.escapeIdentifier(name)} template ${client.escapeIdentifier(template)}`,
        );
      }
    });
  }

  async dropDatabase(name: string): Promise<void> {
    await this.administer((client) =>
      client.query(`drop database if exists ${client.escapeIdentifier(name)} with (force)`),
    );
  }

  private async administer(work: (client: Client) => Promise<unknown>): Promise<void> {
    const client = new Client({ connectionString: this.url('postgres'), connectionTimeoutMillis: 10_000 });
    client.on('error', () => undefined);
    await client.connect();
    try {
      await work(client);
    } finally {
      await client.end();
    }
  }

  /** Made beside its place and moved there when whole: a start that is killed leaves no half cluster. */
  private async initialise(): Promise<void> {
    mkdirSync(dirname(this.folder), { recursive: true });
    await rm(this.folder, { recursive: true, force: true });
    const workshop = mkdtempSync(`${this.folder}.partial-`);
    try {
      const passwordFile = join(workshop, 'password');
      await writeFile(passwordFile, this.options.password, { mode: 0o600 });
      if (this.account) {
        await chown(workshop, this.account.uid, this.account.gid);
        await chown(passwordFile, this.account.uid, this.account.gid);
      }
      const made = await runCommand(
        this.programs.initdb,
        [
          `--pgdata=${join(workshop, 'data')}`,
          `--username=${owner}`,
          `--pwfile=${passwordFile}`,
          '--auth=scram-sha-256',
          '--encoding=UTF8',
          '--locale=C',
          '--locale-provider=builtin',
          '--builtin-locale=C.UTF-8',
          '--no-instructions',
          ...(this.options.durable === false ? ['--no-sync'] : []),
        ],
        { timeoutMs: 120_000, cwd: '/', env: this.environment(), uid: this.account?.uid, gid: this.account?.gid },
      );
      if (made.status !== 0) {
        throw new VolanteError('VOL-503', { message: `the database cannot be made: ${lastWords(made.output)}` });
      }
      await rename(join(workshop, 'data'), this.folder);
    } finally {
      await rm(workshop, { recursive: true, force: true });
    }
  }

  private spawnServer(): void {
    mkdirSync(dirname(this.options.logFile), { recursive: true });
    const log = openSync(this.options.logFile, 'a', 0o600);
    const child = spawn(this.programs.postgres, ['-D', this.folder, ...this.settings()], {
      stdio: ['ignore', log, log],
      detached: true,
      cwd: '/',
      env: this.environment(),
      uid: this.account?.uid,
      gid: this.account?.gid,
    });
    closeSync(log);
    const ended = new Promise<void>((resolve) => {
      child.once('error', () => resolve());
      child.once('exit', () => resolve());
    });
    const identity = child.pid === undefined ? undefined : identifyProcess(child.pid);
    if (identity) this.options.onSpawn?.(identity);
    const server = { process: child, identity: identity ?? { pid: child.pid ?? -1, startTime: '' }, ended };
    this.server = server;
    void ended.then(() => {
      if (this.server === server) this.server = undefined;
    });
  }

  /** Error details are left out of the log: they would quote rows, and rows hold people. */
  private settings(): string[] {
    const durable = this.options.durable === false ? 'off' : 'on';
    const settings: Record<string, string | number> = {
      listen_addresses: '127.0.0.1',
      port: this.port ?? 0,
      unix_socket_directories: '',
      max_connections: this.options.maxConnections ?? 100,
      shared_buffers: '128MB',
      fsync: durable,
      synchronous_commit: durable,
      full_page_writes: durable,
      timezone: 'UTC',
      log_timezone: 'UTC',
      log_error_verbosity: 'terse',
      log_min_error_statement: 'panic',
    };
    return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  }

  private environment(): NodeJS.ProcessEnv {
    return { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' };
  }

  /** Undefined when it answers; else why it will not. */
  private async untilReady(deadline: number): Promise<string | undefined> {
    const started = this.server;
    let lastError = 'no answer';
    while (performance.now() < deadline) {
      if (this.server !== started || started === undefined) return this.logTail();
      try {
        const client = new Client({ connectionString: this.url('postgres'), connectionTimeoutMillis: 2_000 });
        client.on('error', () => undefined);
        await client.connect();
        await client.end();
        return undefined;
      } catch (error) {
        lastError = error instanceof Error ? error.message : String(error);
        if (lastError.includes('password authentication')) {
          return `the cluster in ${this.folder} has another password; remove the folder to start anew`;
        }
      }
      await new Promise((wake) => setTimeout(wake, 50));
    }
    return lastError;
  }

  private logTail(): string {
    const lines = readFileSync(this.options.logFile, 'utf8').trimEnd().split('\n').slice(-6);
    return lines.filter((line) => line.includes('FATAL')).at(-1) ?? lines.at(-1) ?? 'it ended at once';
  }

  private async end(signal: 'SIGINT' | 'SIGKILL'): Promise<void> {
    const running = this.server;
    if (!running) return;
    await endProcess(running.identity, { signal, graceMs: 30_000 });
    await running.ended;
  }

  /**
   * A server of a predecessor that was killed still holds the cluster. A lock file whose process is something else
   * by now would keep PostgreSQL from starting, so it is removed.
   */
  private async endLeftOver(): Promise<void> {
    const lockFile = join(this.folder, 'postmaster.pid');
    const text = await readFile(lockFile, 'utf8').catch(() => undefined);
    if (text === undefined) return;
    const identity = identifyProcess(Number(text.split('\n', 1)[0]));
    if (identity && servesFolder(identity.pid, this.folder)) {
      await endProcess(identity, { signal: 'SIGINT', graceMs: 30_000 });
    }
    await rm(lockFile, { force: true });
  }
}

function servesFolder(pid: number, folder: string): boolean {
  const command = commandLine(pid);
  return command.includes(folder) && command.includes('postgres');
}

function commandLine(pid: number): string {
  try {
    if (process.platform === 'linux') return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
  } catch {
    return '';
  }
}
