import { Connection } from '@temporalio/client';
import { migrate } from '../../ledger/migrate';
import type { StackFile } from '../../settings/settings';
import { ensureTemporalBinary } from '../binaries/temporal-binary';
import { databaseFolder } from '../database/database-folder';
import { EmbeddedDatabase } from '../database/embedded-database';
import { serverAccount } from '../database/server-account';
import { registerSearchAttributes, setRetention } from '../temporal/namespace';
import { choosePorts, type Ports } from './ports';
import { type ProcessName, processNames, RecordedProcesses } from './recorded-processes';
import { type KeptAlive, keepAlive, type Service } from './service';
import { mailboxService, ownService, temporalService } from './services';
import type { StackFolder } from './stack-folder';

const retentionDays = 30;

export interface StackOptions {
  folder: StackFolder;
  workspaceDir: string;
  env: NodeJS.ProcessEnv;
  /** No web interface of Temporal. */
  headless: boolean;
  /** Neither worker nor gateway: for those who run them by hand. */
  infrastructureOnly: boolean;
  progress: (line: string) => void;
}

/**
 * All processes of one machine's Volante. What the environment already names (TEMPORAL_ADDRESS, DATABASE_URL, SMTP_URL)
 * is used and not started. Needs the supervisor's lock.
 */
export class Stack {
  private readonly services = new Map<ProcessName, { service: Service; kept: KeptAlive }>();
  private readonly records: RecordedProcesses;
  private readonly startedAt = new Date().toISOString();
  private ports: Ports | undefined;
  private addresses: { temporal: string; database: string; smtp: string; gateway: string } | undefined;

  constructor(private readonly options: StackOptions) {
    this.records = new RecordedProcesses(options.folder);
  }

  /** Starts everything and returns where it is. When one part fails, those already started are stopped. */
  async start(): Promise<StackFile> {
    const { folder, progress } = this.options;
    folder.removeStack();
    const left = await this.records.endAll();
    if (left.length > 0) progress(`ended what a killed predecessor left: ${left.join(', ')}`);
    folder.secret('secret.key');
    try {
      this.ports = await choosePorts(folder, this.options.env);
      const [temporal, database, smtp] = await allOrFirstError([
        this.startTemporal(this.ports),
        this.startDatabase(this.ports),
        this.startMailbox(this.ports),
      ]);
      const gateway = this.options.env.VOLANTE_GATEWAY_URL ?? `http://127.0.0.1:${this.ports.gateway}`;
      this.addresses = { temporal, database, smtp, gateway };
      if (!this.options.infrastructureOnly) await this.startOwnProcesses(this.ports);
      return this.publish();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Stops all, users before what they use, and removes what would mislead the next reader. */
  async stop(): Promise<void> {
    this.options.folder.removeStack();
    for (const name of processNames) {
      await this.services.get(name)?.kept.stop();
      this.services.delete(name);
    }
    await this.records.endAll();
  }

  private async startTemporal(ports: Ports): Promise<string> {
    const { env, folder, headless, progress } = this.options;
    if (env.TEMPORAL_ADDRESS) return env.TEMPORAL_ADDRESS;
    const { path, source } = await ensureTemporalBinary({ env, progress });
    progress(`Temporal: starting (${source})`);
    const onSpawn = this.recorder('temporal');
    await this.launch('temporal', temporalService({ program: path, headless, folder, ports, onSpawn }));
    const address = `127.0.0.1:${ports.temporal}`;
    const connection = await Connection.connect({ address });
    try {
      const namespace = env.TEMPORAL_NAMESPACE ?? 'default';
      await setRetention({ connection, namespace }, retentionDays);
      await registerSearchAttributes({ connection, namespace });
    } finally {
      await connection.close();
    }
    progress(`Temporal: ${address}`);
    return address;
  }

  private async startDatabase(ports: Ports): Promise<string> {
    const { env, folder, progress } = this.options;
    const url = env.DATABASE_URL ?? (await this.startEmbeddedDatabase(ports));
    const { applied } = await migrate(url);
    progress(
      `database: ready${applied.length > 0 ? `, ${applied.length} migrations applied` : ''} (${folder.dataDir})`,
    );
    return url;
  }

  private async startEmbeddedDatabase(ports: Ports): Promise<string> {
    const { folder, progress } = this.options;
    progress('database: starting');
    const password = folder.secret('postgres.password');
    const database = new EmbeddedDatabase({
      folder: databaseFolder({ dataDir: folder.dataDir, account: serverAccount(), password }),
      logFile: folder.logFile('database'),
      password,
      port: ports.database,
      onSpawn: this.recorder('database'),
    });
    await this.launch('database', database);
    await database.createDatabase('volante');
    return database.url();
  }

  private async startMailbox(ports: Ports): Promise<string> {
    const { env, folder, progress } = this.options;
    if (env.SMTP_URL) return env.SMTP_URL;
    await this.launch('mailbox', mailboxService({ folder, ports, onSpawn: this.recorder('mailbox') }));
    progress(`mailbox: http://127.0.0.1:${ports.mailbox}`);
    return `smtp://127.0.0.1:${ports.smtp}`;
  }

  private async startOwnProcesses(ports: Ports): Promise<void> {
    const { folder } = this.options;
    const env = this.childEnvironment(ports);
    await allOrFirstError(
      (['worker', 'gateway'] as const).map(async (name) => {
        const port = name === 'worker' ? ports.workerMetrics : ports.gateway;
        const healthUrl = `http://127.0.0.1:${port}/healthz`;
        await this.launch(name, ownService({ name, env, healthUrl, folder, ports, onSpawn: this.recorder(name) }));
        this.options.progress(`${name}: http://127.0.0.1:${port}`);
      }),
    );
  }

  private childEnvironment(ports: Ports): NodeJS.ProcessEnv {
    const { addresses } = this;
    return {
      ...this.options.env,
      TEMPORAL_ADDRESS: addresses?.temporal,
      DATABASE_URL: addresses?.database,
      SMTP_URL: addresses?.smtp,
      VOLANTE_GATEWAY_URL: addresses?.gateway,
      GATEWAY_PORT: String(ports.gateway),
      WORKER_METRICS_PORT: String(ports.workerMetrics),
      VOLANTE_DATA_DIR: this.options.folder.dataDir,
      VOLANTE_WORKSPACE: this.options.workspaceDir,
      ...this.mailboxAndUi(ports),
    };
  }

  private mailboxAndUi(ports: Ports): NodeJS.ProcessEnv {
    const ours: NodeJS.ProcessEnv = {};
    if (this.services.has('mailbox')) ours.MAILBOX_URL = `http://127.0.0.1:${ports.mailbox}`;
    if (this.services.has('temporal') && !this.options.headless) {
      ours.TEMPORAL_UI_URL = `http://127.0.0.1:${ports.temporalUi}`;
    }
    return ours;
  }

  private async launch(name: ProcessName, service: Service): Promise<void> {
    await service.start();
    const kept = keepAlive({
      service,
      onRestart: () => {
        this.options.progress(`${name}: serves again`);
        this.publish();
      },
      onTrouble: (line) => this.options.progress(`${name}: ${line}`),
    });
    this.services.set(name, { service, kept });
  }

  private recorder(name: ProcessName) {
    return (identity: NonNullable<Service['identity']>) => this.records.record(name, identity);
  }

  private publish(): StackFile {
    const { addresses, ports, startedAt } = this;
    if (!addresses || !ports) throw new Error('the stack is not started');
    const pid = (name: ProcessName): number | undefined => this.services.get(name)?.service.identity?.pid;
    const urls = this.mailboxAndUi(ports);
    const hasOwn = this.services.has('gateway');
    const stack: StackFile = {
      pid: process.pid,
      startedAt,
      temporal: { address: addresses.temporal, uiUrl: urls.TEMPORAL_UI_URL, pid: pid('temporal') },
      database: { url: addresses.database, pid: pid('database') },
      smtp: { url: addresses.smtp },
      mailbox: urls.MAILBOX_URL ? { url: urls.MAILBOX_URL, pid: pid('mailbox') } : undefined,
      gateway: { url: hasOwn ? addresses.gateway : '', pid: pid('gateway') },
      worker: {
        pid: pid('worker'),
        metricsUrl: hasOwn ? `http://127.0.0.1:${ports.workerMetrics}/metrics` : undefined,
      },
    };
    this.options.folder.writeStack(stack);
    return stack;
  }
}

/** Like Promise.all, but waits for all to settle, so that what is being started can be stopped. */
async function allOrFirstError<T extends readonly unknown[] | []>(
  work: T,
): Promise<{ -readonly [P in keyof T]: Awaited<T[P]> }> {
  await Promise.allSettled(work);
  return Promise.all(work);
}
