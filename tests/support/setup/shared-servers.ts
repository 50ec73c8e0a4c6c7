/** Servers that one run of jest shares, each started at most once, in jest's own process; tests find them by address. */
import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { migrate } from '../../../ledger/migrate';
import { packageRoot } from '../../../settings/package-root';
import { freePort } from '../../../workers/binaries/free-port';
import { endProcess, identifyProcess } from '../../../workers/binaries/process-identity';
import { ensureTemporalBinary } from '../../../workers/binaries/temporal-binary';
import { ensureTestServer } from '../../../workers/binaries/test-server-binary';
import { EmbeddedDatabase } from '../../../workers/database/embedded-database';
import { connectWhenUp } from '../../../workers/temporal/connect';
import { devServerArguments } from '../../../workers/temporal/dev-server';
import { buildWorkflowBundle } from '../../../workers/workflow-bundle';
import { endWithUs } from '../end-with-us';
import { addressVariables, templateDatabase } from '../shared-addresses';
import { temporaryFolder } from '../temporary-folder';

interface Started {
  names: Set<string>;
  closers: (() => Promise<void> | void)[];
}

/** Each project's setup is loaded by itself; what they started is kept where all of them find it. */
const registry = globalThis as typeof globalThis & { volanteTestServers?: Started };

function started(): Started {
  registry.volanteTestServers ??= { names: new Set(), closers: [] };
  return registry.volanteTestServers;
}

function firstTime(name: string): boolean {
  if (started().names.has(name)) return false;
  started().names.add(name);
  return true;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** One PostgreSQL cluster with a migrated template that each test file copies. */
export async function startDatabase(): Promise<void> {
  if (!firstTime('database')) return;
  const home = temporaryFolder('test-database');
  const database = new EmbeddedDatabase({
    folder: join(home.path, 'postgres'),
    logFile: join(home.path, 'postgres.log'),
    password: 'test',
    durable: false,
    maxConnections: 200,
  });
  await database.start();
  const release = endWithUs(database.identity?.pid ?? 0);
  started().closers.push(async () => {
    await database.stop();
    release();
    home.remove();
  });
  await database.createDatabase(templateDatabase);
  await migrate(database.url(templateDatabase));
  process.env[addressVariables.database] = database.url('postgres');
}

/** One Temporal development server in memory. */
export async function startTemporal(): Promise<void> {
  if (!firstTime('temporal')) return;
  const { path } = await ensureTemporalBinary({ progress: say });
  const home = temporaryFolder('test-temporal');
  const port = await freePort();
  const log = openSync(join(home.path, 'temporal.log'), 'a');
  const server = spawn(path, devServerArguments({ port, logLevel: 'error' }), {
    stdio: ['ignore', log, log],
    detached: true,
  });
  if (server.pid === undefined) throw new Error(`${path} cannot be started`);
  const identity = identifyProcess(server.pid);
  const release = endWithUs(server.pid);
  started().closers.push(async () => {
    if (identity) await endProcess(identity);
    release();
    home.remove();
  });
  const address = `127.0.0.1:${port}`;
  const connection = await connectWhenUp({ address, limitMs: 60_000, givenUp: () => server.exitCode !== null });
  await connection.close();
  process.env[addressVariables.temporal] = address;
}

/** The program of the time-skipping server; each test file starts its own, as skipped time is the whole server's. */
export async function provideTestServer(): Promise<void> {
  if (!firstTime('test server')) return;
  const { path } = await ensureTestServer({ progress: say });
  process.env[addressVariables.testServer] = path;
}

/** The workflows of this checkout, bundled once. */
export async function provideWorkflowBundle(): Promise<void> {
  if (!firstTime('bundle')) return;
  const file = join(packageRoot(), 'dist', 'test-workflow-bundle.js');
  await buildWorkflowBundle({ sources: packageRoot(), file });
  process.env[addressVariables.workflowBundle] = file;
}

export async function stopServers(): Promise<void> {
  const { closers } = started();
  registry.volanteTestServers = undefined;
  await Promise.all(closers.map((close) => close()));
}
