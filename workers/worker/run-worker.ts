/** One worker process: the campaign queue (workflows and control activities) and one queue for each platform. */

import type { WorkerDeploymentVersion } from '@temporalio/common';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { createControlActivities, createDeliveryActivities } from '../../activities';
import type { ActivityDependencies } from '../../activities/dependencies';
import { createSyncActivities, type SyncDependencies } from '../../sync';
import { campaignQueue, deliveryQueue } from '../../workflows/queues';

export interface WorkerProcess {
  /** Ends when `shutdown` was called or the process is told to stop. */
  run(): Promise<void>;
  shutdown(): void;
}

/** Pages of a platform that one process works on at once. */
const pagesAtOnce = 4;

export async function createWorkers(options: {
  connection: NativeConnection;
  namespace: string;
  deps: ActivityDependencies;
  /** Absent: this process syncs no repositories. */
  sync?: SyncDependencies;
  workflowBundle: { codePath: string };
  taskQueue?: string;
  /** Absent: not versioned. */
  version?: WorkerDeploymentVersion;
}): Promise<WorkerProcess> {
  const { connection, namespace, deps, workflowBundle, version } = options;
  const taskQueue = options.taskQueue ?? campaignQueue;
  const shared: Pick<WorkerOptions, 'shutdownGraceTime' | 'shutdownForceTime' | 'workerDeploymentOptions'> = {
    shutdownGraceTime: '10 seconds',
    shutdownForceTime: '30 seconds',
    ...(version && {
      workerDeploymentOptions: { version, useWorkerVersioning: true, defaultVersioningBehavior: 'PINNED' },
    }),
  };
  const workers = [
    await Worker.create({
      ...shared,
      connection,
      namespace,
      taskQueue,
      workflowBundle,
      activities: { ...createControlActivities(deps), ...(options.sync && createSyncActivities(options.sync)) },
      maxCachedWorkflows: 200,
      maxConcurrentActivityTaskExecutions: 10,
    }),
  ];
  for (const platform of Object.keys(deps.workspace.platforms))
    workers.push(
      await Worker.create({
        ...shared,
        connection,
        namespace,
        taskQueue: deliveryQueue(taskQueue, platform),
        activities: createDeliveryActivities(deps),
        maxConcurrentActivityTaskExecutions: pagesAtOnce,
      }),
    );
  return {
    async run() {
      await Promise.all(workers.map((worker) => worker.run()));
    },
    shutdown() {
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
    },
  };
}

/** Temporal's own environment variables and profiles (TLS, API key) apply; the address may come from the local stack. */
export async function connectWorker(address: string): Promise<NativeConnection> {
  const { connectionOptions } = loadClientConnectConfig();
  return NativeConnection.connect({ ...connectionOptions, address: address || connectionOptions.address });
}
