/** Entry point of the gateway process. */
import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { loadWorkspace } from '../definition/load-workspace';
import type { Workspace } from '../definition/workspace-types';
import { VolanteError } from '../errors/volante-error';
import { createGateway } from '../gateway/app';
import { openDatabase } from '../ledger/database';
import { resolveSecret } from '../platforms/secrets';
import { loadSettings, type Settings } from '../settings/settings';
import { createLogger, type Logger } from '../telemetry/logger';
import { createMetrics } from '../telemetry/metrics';

async function main(logger: Logger): Promise<void> {
  const settings = loadSettings();
  const host = process.env.GATEWAY_HOST ?? '127.0.0.1';
  const port = Number(process.env.GATEWAY_PORT ?? 8787);
  await currentWorkspace(settings);
  const database = openDatabase({ url: settings.databaseUrl, applicationName: 'volante-gateway' });
  const { client, connection } = temporalClient(settings);
  const gateway = await createGateway({
    database,
    client,
    workspace: () => currentWorkspace(settings),
    secretKey: settings.secretKey,
    baseUrl: settings.gatewayUrl || `http://127.0.0.1:${port}`,
    secretOf: resolveSecret,
    logger,
    metrics: createMetrics({ service: 'gateway' }),
    trustedProxies: (process.env.GATEWAY_TRUSTED_PROXIES ?? '').split(/[\s,]+/).filter(Boolean),
  });
  const told = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  await gateway.listen({ host, port });
  logger.info({ host, port }, 'gateway is ready');
  await told;
  logger.info('gateway is stopping: requests in flight are answered');
  await gateway.close();
  await database.end();
  await connection.close();
}

/** Read anew for each question: who may decide is what the file says now. */
async function currentWorkspace({ workspaceDir }: Settings): Promise<Workspace> {
  const { workspace, problems } = await loadWorkspace(workspaceDir);
  if (workspace) return workspace;
  throw new VolanteError('VOL-100', { message: 'volante.yaml is not valid.', problems });
}

/** Connects with the first question, and again after every outage: the gateway unsubscribes people without Temporal. */
function temporalClient({ temporalAddress, temporalNamespace }: Settings): { client: Client; connection: Connection } {
  const { connectionOptions } = loadClientConnectConfig();
  const connection = Connection.lazy({
    ...connectionOptions,
    address: temporalAddress || connectionOptions.address,
    channelArgs: { 'grpc.max_reconnect_backoff_ms': 5_000 },
  });
  return { client: new Client({ connection, namespace: temporalNamespace }), connection };
}

const logger = createLogger({ service: 'gateway' });
main(logger).catch((error: unknown) => {
  logger.fatal({ err: error }, 'gateway cannot run');
  process.exitCode = 1;
});
