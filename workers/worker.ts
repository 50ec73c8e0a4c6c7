/** Entry point of a worker process. */
import { join } from 'node:path';
import { Client } from '@temporalio/client';
import { Runtime } from '@temporalio/worker';
import { loadWorkspace } from '../definition/load-workspace';
import { openDatabase } from '../ledger/database';
import { pruneHeard } from '../ledger/journeys/heard';
import { migrate } from '../ledger/migrate';
import { behindMs, campaignStates } from '../ledger/sync/campaign-states';
import { listSyncRepositories } from '../ledger/sync/repositories';
import { journeyConsumer } from '../operations/journeys/dispatch';
import { endLostJourneys } from '../operations/journeys/lost';
import { loyaltyConsumer } from '../operations/loyalty/consume';
import { creditConsumer } from '../operations/loyalty/pay-credits';
import { keepSyncSchedules } from '../operations/sync-schedules';
import { resolveSecret } from '../platforms/secrets';
import { loadSettings } from '../settings/settings';
import { createLogger } from '../telemetry/logger';
import { createMetrics } from '../telemetry/metrics';
import { serveMetrics } from '../telemetry/metrics-server';
import { temporalLogger } from '../telemetry/temporal-logger';
import { campaignQueue } from '../workflows/queues';
import { activityDependencies } from './worker/activity-dependencies';
import { deploymentVersion } from './worker/deployment-version';
import { startDispatcher } from './worker/dispatcher';
import { sweepPromotions } from './worker/promotion-sweep';
import { connectWorker, createWorkers } from './worker/run-worker';
import { startSweeps } from './worker/sweep';
import { workflowBundleFile } from './workflow-bundle';

const minuteMs = 60_000;

async function main(): Promise<void> {
  const settings = loadSettings();
  const logger = createLogger({ service: 'worker' });
  Runtime.install({ logger: temporalLogger(logger) });
  const { workspace, problems } = await loadWorkspace(settings.workspaceDir);
  if (!workspace) throw new Error(`volante.yaml is not valid: ${problems[0]?.message ?? 'not found'}`);

  await migrate(settings.databaseUrl);
  const database = openDatabase({ url: settings.databaseUrl, applicationName: 'volante-worker' });
  const metrics = createMetrics({
    service: 'worker',
    campaigns: () => campaignStates(database, { now: new Date(), behindMs: behindMs(workspace) }),
  });
  const deps = activityDependencies({
    database,
    workspace,
    secretKey: settings.secretKey,
    gatewayUrl: settings.gatewayUrl,
    metrics,
    logger,
    env: process.env,
  });
  const connection = await connectWorker(settings.temporalAddress);
  const client = new Client({ connection, namespace: settings.temporalNamespace });
  const taskQueue = process.env.VOLANTE_TASK_QUEUE ?? campaignQueue;
  await keepSyncSchedules(client, {
    workspace,
    gone: (await listSyncRepositories(database)).map(({ repository }) => repository),
    taskQueue,
  });
  const version = await deploymentVersion(settings.workerDeployment, process.env);
  const workers = await createWorkers({
    connection,
    namespace: settings.temporalNamespace,
    deps,
    workflowBundle: { codePath: workflowBundleFile() },
    ...(version && { version }),
    taskQueue,
    sync: {
      client,
      database,
      workspace,
      secretKey: settings.secretKey,
      folder: join(settings.dataDir, 'repositories'),
      secretOf: resolveSecret,
    },
  });

  let stopping = false;
  const health = await serveMetrics({
    metrics,
    port: Number(process.env.WORKER_METRICS_PORT ?? 0),
    problem: () => (stopping ? 'stopping' : undefined),
  });
  logger.info(
    { metrics: health.url, build: version?.buildId, queues: Object.keys(workspace.platforms).length + 1 },
    'worker is ready',
  );
  const consumers = [
    journeyConsumer({ client, database, secretKey: settings.secretKey }),
    loyaltyConsumer({ database }),
    creditConsumer({ client, taskQueue }),
  ];
  const dispatcher = startDispatcher({ database, logger, consumers });
  const sweeps = startSweeps({
    logger,
    sweeps: [
      {
        work: () => sweepPromotions(deps, new Date()),
        everyMs: minuteMs,
        trouble: 'expired codes could not be ended',
      },
      {
        work: () => endLostJourneys({ client, database, now: new Date() }),
        everyMs: 10 * minuteMs,
        trouble: 'journeys without a workflow could not be looked for',
      },
      {
        work: () => pruneHeard(database, new Date()),
        everyMs: 60 * minuteMs,
        trouble: 'events that no journey needs could not be pruned',
      },
    ],
  });
  try {
    await workers.run();
  } finally {
    stopping = true;
    await dispatcher.stop();
    await sweeps.stop();
    await deps.close();
    await database.end();
    await connection.close();
    await health.close();
  }
}

main().catch((error: unknown) => {
  createLogger({ service: 'worker' }).fatal({ err: error }, 'worker cannot run');
  process.exitCode = 1;
});
