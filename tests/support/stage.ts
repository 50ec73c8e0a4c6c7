/**
 * A stage of real processes for chaos tests and benches: durable PostgreSQL, Temporal's development server on disk, and
 * worker processes of the build, each of which can be killed and brought back.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, type Connection } from '@temporalio/client';
import { type Database, openDatabase } from '../../ledger/database';
import { migrate } from '../../ledger/migrate';
import { packageRoot } from '../../settings/package-root';
import { freePort } from '../../workers/binaries/free-port';
import { endProcess, identifyProcess } from '../../workers/binaries/process-identity';
import { ensureTemporalBinary } from '../../workers/binaries/temporal-binary';
import { EmbeddedDatabase } from '../../workers/database/embedded-database';
import { processFlags } from '../../workers/process-flags';
import { connectWhenUp } from '../../workers/temporal/connect';
import { devServerArguments } from '../../workers/temporal/dev-server';
import { endWithUs } from './end-with-us';
import { eventually } from './eventually';
import { temporaryFolder } from './temporary-folder';

export const stageSecretKey = '22'.repeat(32);

export interface StageOptions {
  smtpUrl: string;
  /** SMTP connections of each worker. */
  connections: number;
  frequencyCap?: string;
  rate?: string;
  /** A Medusa shop, as platform `shop`. */
  medusa?: { url: string; token: string };
  /** Lines under `repositories`. */
  repositories?: string[];
  /** More variables of each worker. */
  env?: Record<string, string>;
}

export interface StageWorker {
  readonly pid: number;
  readonly running: boolean;
  /** Resident memory now, in bytes; 0 when it has ended. */
  memory(): number;
  kill(): Promise<void>;
  stop(): Promise<void>;
}

const namespace = 'default';

export class Stage {
  readonly taskQueue = 'campaign';
  private readonly home = temporaryFolder('stage');
  private readonly cluster: EmbeddedDatabase;
  private readonly workers = new Set<StageWorker>();
  private temporal?: { end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> };
  private temporalPort = 0;
  private temporalProgram = '';
  private connection?: Connection;
  private pool?: Database;
  private started = 0;

  private constructor(private readonly options: StageOptions) {
    this.cluster = new EmbeddedDatabase({
      folder: join(this.home.path, 'postgres'),
      logFile: join(this.home.path, 'postgres.log'),
      password: 'stage',
      durable: true,
      maxConnections: 80,
      onSpawn: ({ pid }) => void endWithUs(pid),
    });
  }

  static async open(options: StageOptions): Promise<Stage> {
    if (!existsSync(join(packageRoot(), 'dist', 'workers', 'worker.js')))
      throw new Error('the workers are not built: run `npm run build` first');
    const stage = new Stage(options);
    await stage.begin();
    return stage;
  }

  get database(): Database {
    if (!this.pool) throw new Error('the stage is not open');
    return this.pool;
  }

  get databaseUrl(): string {
    return this.cluster.url('volante');
  }

  get client(): Client {
    if (!this.connection) throw new Error('the stage is not open');
    return new Client({ connection: this.connection, namespace });
  }

  private async begin(): Promise<void> {
    const { path } = await ensureTemporalBinary({ progress: (line) => process.stderr.write(`${line}\n`) });
    this.temporalProgram = path;
    this.temporalPort = await freePort();
    writeWorkspace(this.workspaceFolder, this.options);
    await Promise.all([this.beginDatabase(), this.startTemporal()]);
  }

  private async beginDatabase(): Promise<void> {
    await this.cluster.start();
    await this.cluster.createDatabase('volante');
    await migrate(this.databaseUrl);
    this.pool = openDatabase({ url: this.databaseUrl, connections: 6 });
  }

  private get workspaceFolder(): string {
    return join(this.home.path, 'workspace');
  }

  private async startTemporal(): Promise<void> {
    const log = openSync(join(this.home.path, 'temporal.log'), 'a');
    const server = spawn(
      this.temporalProgram,
      devServerArguments({
        port: this.temporalPort,
        logLevel: 'error',
        databaseFile: join(this.home.path, 'temporal.db'),
      }),
      { stdio: ['ignore', log, log], detached: true },
    );
    const ended = endOf(server);
    const release = endWithUs(server.pid ?? 0);
    this.temporal = {
      async end(signal) {
        server.kill(signal);
        await ended;
        release();
      },
    };
    const connection = await connectWhenUp({
      address: this.temporalAddress,
      limitMs: 60_000,
      givenUp: () => server.exitCode !== null,
    });
    await this.connection?.close().catch(() => undefined);
    this.connection = connection;
  }

  get temporalAddress(): string {
    return `127.0.0.1:${this.temporalPort}`;
  }

  /** Starts a worker process; resolves when it takes tasks. */
  async startWorker(): Promise<StageWorker> {
    this.started += 1;
    const port = await freePort();
    const log = openSync(join(this.home.path, `worker-${this.started}.log`), 'a');
    const child = spawn(
      process.execPath,
      [...processFlags.worker, join(packageRoot(), 'dist', 'workers', 'worker.js')],
      {
        stdio: ['ignore', log, log],
        env: {
          ...process.env,
          NODE_OPTIONS: '',
          LOG_LEVEL: 'warn',
          TEMPORAL_ADDRESS: this.temporalAddress,
          DATABASE_URL: this.databaseUrl,
          SMTP_URL: this.options.smtpUrl,
          ...(this.options.medusa && { VOLANTE_SECRET_MEDUSA_KEY: this.options.medusa.token }),
          ...this.options.env,
          VOLANTE_GATEWAY_URL: 'http://127.0.0.1:8080',
          VOLANTE_SECRET_KEY: stageSecretKey,
          VOLANTE_WORKSPACE: this.workspaceFolder,
          VOLANTE_DATA_DIR: this.home.path,
          WORKER_METRICS_PORT: String(port),
        },
      },
    );
    const worker = new WorkerProcess(child);
    this.workers.add(worker);
    await eventually(
      async () => {
        if (!worker.running) return true;
        return (await fetch(`http://127.0.0.1:${port}/healthz`)).ok;
      },
      { timeoutMs: 60_000, what: 'worker is ready' },
    );
    return worker;
  }

  /** As a crash does, or cleanly; the same data comes back at the same address. */
  async restartTemporal(how: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    await this.temporal?.end(how);
    await this.startTemporal();
  }

  async restartDatabase(how: 'kill' | 'stop' = 'kill'): Promise<void> {
    await (how === 'kill' ? this.cluster.kill() : this.cluster.stop());
    await this.cluster.start();
  }

  log(name: string): string {
    return readFileSync(join(this.home.path, `${name}.log`), 'utf8');
  }

  async close(): Promise<void> {
    await Promise.all([...this.workers].map((worker) => worker.kill()));
    await this.pool?.end().catch(() => undefined);
    await this.connection?.close().catch(() => undefined);
    await this.temporal?.end('SIGKILL');
    await this.cluster.kill();
    this.home.remove();
  }
}

class WorkerProcess implements StageWorker {
  readonly pid: number;
  private readonly ended: Promise<void>;
  private readonly release: () => void;
  private over = false;

  constructor(private readonly child: ChildProcess) {
    this.pid = child.pid ?? 0;
    this.release = endWithUs(this.pid);
    this.ended = endOf(child).then(() => {
      this.over = true;
      this.release();
    });
  }

  get running(): boolean {
    return !this.over;
  }

  memory(): number {
    try {
      const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8'))?.[1];
      return Number(line ?? 0) * 1024;
    } catch {
      return 0;
    }
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }

  async stop(): Promise<void> {
    const identity = identifyProcess(this.pid);
    if (identity) await endProcess(identity);
    await this.ended;
  }
}

function endOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
}

function writeWorkspace(folder: string, { connections, rate, frequencyCap, medusa, repositories }: StageOptions): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'volante.yaml'),
    [
      'environment: stage',
      'people:',
      '  ana: { name: Ana, email: ana@shop.example, roles: [marketing], locale: es, timezone: Europe/Madrid }',
      '  luis: { name: Luis, email: luis@shop.example, roles: [ops], locale: es, timezone: Europe/Madrid }',
      'senders:',
      '  shop: { name: Shop, address: hola@shop.example, postalAddress: "Calle Mayor 1, 28013 Madrid", listId: offers.shop.example }',
      'platforms:',
      '  mail:',
      '    smtp:',
      '      url: env://SMTP_URL',
      `      connections: ${connections}`,
      ...(rate ? [`      rate: ${rate}`] : []),
      ...(medusa ? [`  shop: { medusa: { url: "${medusa.url}", token: secret://MEDUSA_KEY } }`] : []),
      ...(repositories ? ['repositories:', ...repositories.map((line) => `  ${line}`)] : []),
      ...(frequencyCap ? ['frequencyCaps:', `  - ${frequencyCap}`] : []),
      'team: { sender: shop, platform: mail }',
      'defaults: { sender: shop, platform: mail, locale: es, timezone: Europe/Madrid }',
      '',
    ].join('\n'),
  );
}
