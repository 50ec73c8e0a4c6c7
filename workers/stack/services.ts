import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { packageRoot } from '../../settings/package-root';
import type { ProcessIdentity } from '../binaries/process-identity';
import { processFlags } from '../process-flags';
import { devServerArguments } from '../temporal/dev-server';
import { answersOk, ChildService } from './child-service';
import type { Ports } from './ports';
import type { StackFolder } from './stack-folder';

interface ServiceContext {
  folder: StackFolder;
  ports: Ports;
  onSpawn: (identity: ProcessIdentity) => void;
}

/** The Temporal development server, with its data in the data folder. */
export function temporalService(context: ServiceContext & { program: string; headless: boolean }): ChildService {
  const { folder, ports } = context;
  return new ChildService({
    name: 'Temporal',
    command: context.program,
    args: devServerArguments({
      port: ports.temporal,
      uiPort: context.headless ? undefined : ports.temporalUi,
      databaseFile: folder.temporalDatabase,
    }),
    logFile: () => folder.logFile('temporal'),
    healthy: async () => {
      const connection = await Connection.connect({ address: `127.0.0.1:${ports.temporal}`, connectTimeout: 1_000 });
      await connection.close();
      return true;
    },
    onSpawn: context.onSpawn,
  });
}

/** MailDev: catches all mail and shows it on a page. Keeps it over restarts. */
export function mailboxService({ folder, ports, onSpawn }: ServiceContext): ChildService {
  const loopback = '127.0.0.1';
  return new ChildService({
    name: 'the mailbox',
    command: process.execPath,
    args: [
      join(packageRoot(), 'node_modules', 'maildev', 'bin', 'maildev'),
      ...['--smtp', String(ports.smtp), '--ip', loopback],
      ...['--web', String(ports.mailbox), '--web-ip', loopback],
      ...['--mail-directory', folder.mailFolder, '--silent'],
    ],
    logFile: () => folder.logFile('mailbox'),
    healthy: () => answersOk(`http://${loopback}:${ports.mailbox}/healthz`),
    onSpawn,
  });
}

/** One of our own processes, from `dist/workers`. */
export function ownService(
  context: ServiceContext & { name: 'worker' | 'gateway'; env: NodeJS.ProcessEnv; healthUrl: string },
): ChildService {
  return new ChildService({
    name: `the ${context.name}`,
    command: process.execPath,
    args: [...processFlags[context.name], join(packageRoot(), 'dist', 'workers', `${context.name}.js`)],
    env: context.env,
    logFile: () => context.folder.logFile(context.name),
    healthy: () => answersOk(context.healthUrl),
    stopGraceMs: 45_000,
    onSpawn: context.onSpawn,
  });
}
