/**
 * Where everything is: environment variables first, then what the local stack wrote, then nothing.
 * The only place that reads addresses from the environment.
 */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Written by `volante up` into the data folder; deleted by `volante down`. */
export interface StackFile {
  pid: number;
  startedAt: string;
  temporal: { address: string; uiUrl?: string; pid?: number };
  database: { url: string; pid?: number };
  smtp: { url: string };
  mailbox?: { url: string; pid?: number };
  gateway: { url: string; pid?: number };
  worker: { pid?: number; metricsUrl?: string };
}

export interface Settings {
  /** Folder of `volante.yaml`. */
  workspaceDir: string;
  /** Git-ignored: databases, logs, binaries, saved plans. */
  dataDir: string;
  temporalAddress: string;
  temporalNamespace: string;
  temporalUiUrl?: string;
  /** Worker deployment whose versions Temporal keeps apart; absent: workers are not versioned. */
  workerDeployment?: string;
  databaseUrl: string;
  smtpUrl: string;
  mailboxUrl?: string;
  gatewayUrl: string;
  /** Key of the HMACs that stand for addresses and tokens. 32 bytes in hex. */
  secretKey: string;
}

export const stackFileName = 'stack.json';

export function dataDirectory(env: NodeJS.ProcessEnv = process.env, workspaceDir = workspaceDirectory(env)): string {
  return resolve(env.VOLANTE_DATA_DIR ?? join(workspaceDir, '.volante'));
}

export function workspaceDirectory(env: NodeJS.ProcessEnv = process.env): string {
  return resolve(env.VOLANTE_WORKSPACE ?? process.cwd());
}

export function readStackFile(dataDir: string): StackFile | undefined {
  try {
    return JSON.parse(readFileSync(join(dataDir, stackFileName), 'utf8')) as StackFile;
  } catch {
    return undefined;
  }
}

/** Settings of this process. Addresses that nobody set are empty strings: whoever needs one says what is missing. */
export function loadSettings(env: NodeJS.ProcessEnv = process.env): Settings {
  const workspaceDir = workspaceDirectory(env);
  const dataDir = dataDirectory(env, workspaceDir);
  const stack = readStackFile(dataDir);
  return {
    workspaceDir,
    dataDir,
    temporalAddress: env.TEMPORAL_ADDRESS ?? stack?.temporal.address ?? '',
    temporalNamespace: env.TEMPORAL_NAMESPACE ?? 'default',
    temporalUiUrl: env.TEMPORAL_UI_URL ?? stack?.temporal.uiUrl,
    workerDeployment: env.VOLANTE_WORKER_DEPLOYMENT || undefined,
    databaseUrl: env.DATABASE_URL ?? stack?.database.url ?? '',
    smtpUrl: env.SMTP_URL ?? stack?.smtp.url ?? '',
    mailboxUrl: env.MAILBOX_URL ?? stack?.mailbox?.url,
    gatewayUrl: env.VOLANTE_GATEWAY_URL ?? stack?.gateway.url ?? '',
    secretKey: env.VOLANTE_SECRET_KEY ?? readSecretKey(dataDir),
  };
}

/** The local stack makes one at its first start (`secret.key`, mode 0600). */
function readSecretKey(dataDir: string): string {
  try {
    return readFileSync(join(dataDir, 'secret.key'), 'utf8').trim();
  } catch {
    return '';
  }
}
