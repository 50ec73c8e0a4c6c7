/** Builds of the worker as Temporal keeps them apart: which is current, which is ramping up, what each still has to do. */
import { type Client, isGrpcServiceError, type WorkflowService } from '@temporalio/client';
import { VolanteError } from '../errors/volante-error';

export interface WorkerVersion {
  build: string;
  /** draining: gets nothing new and still has workflows. drained: its workers can be stopped. */
  state: 'current' | 'ramping' | 'draining' | 'drained' | 'inactive';
  createdAt: Date;
}

export interface WorkerDeployment {
  name: string;
  current?: string;
  ramping?: { build: string; percentage: number };
  /** The newest first; none: no worker of this deployment has come up. */
  versions: WorkerVersion[];
}

export interface Versions {
  connection: { workflowService: WorkflowService };
  namespace: string;
}

/** gRPC. */
const notFound = 5;
const failedPrecondition = 9;
const unimplemented = 12;

/** temporal.api.enums.v1.VersionDrainageStatus. */
const draining = 1;
const drained = 2;

/** @throws VolanteError VOL-506 when the server knows no worker deployments */
export async function readDeployment({ connection, namespace }: Versions, name: string): Promise<WorkerDeployment> {
  const answer = await connection.workflowService
    .describeWorkerDeployment({ namespace, deploymentName: name })
    .catch((error: unknown) => {
      if (isGrpcServiceError(error) && error.code === notFound) return undefined;
      throw understood(error);
    });
  const info = answer?.workerDeploymentInfo;
  const routing = info?.routingConfig;
  const current = routing?.currentDeploymentVersion?.buildId ?? undefined;
  const ramping = routing?.rampingDeploymentVersion?.buildId ?? undefined;
  const versions = (info?.versionSummaries ?? []).flatMap((summary): WorkerVersion[] => {
    const build = summary.deploymentVersion?.buildId;
    if (!build) return [];
    const state =
      build === current
        ? 'current'
        : build === ramping
          ? 'ramping'
          : summary.drainageStatus === draining
            ? 'draining'
            : summary.drainageStatus === drained
              ? 'drained'
              : 'inactive';
    return [{ build, state, createdAt: new Date(Number(summary.createTime?.seconds ?? 0) * 1000) }];
  });
  return {
    name,
    ...(current && { current }),
    ...(ramping && { ramping: { build: ramping, percentage: routing?.rampingVersionPercentage ?? 0 } }),
    versions: versions.sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime() || (a.build < b.build ? -1 : 1)),
  };
}

/** Workflows under way on each build, by what visibility knows. */
export async function countOpen(
  client: Client,
  { name, versions }: WorkerDeployment,
): Promise<Map<string, { runs: number; others: number }>> {
  const counted = versions.map(async ({ build }) => {
    const here = `TemporalWorkerDeploymentVersion = '${name}:${build}' AND ExecutionStatus = 'Running'`;
    const [all, runs] = await Promise.all([
      client.workflow.count(here),
      client.workflow.count(`${here} AND WorkflowType = 'campaignRun'`),
    ]);
    return [build, { runs: runs.count, others: all.count - runs.count }] as const;
  });
  return new Map(await Promise.all(counted));
}

/**
 * The build whose name begins so.
 * @throws VolanteError VOL-504 when no worker has come up, VOL-103 when none or several builds fit
 */
export function buildNamed({ name, versions }: WorkerDeployment, text: string): WorkerVersion {
  if (versions.length === 0)
    throw new VolanteError('VOL-504', { message: `No worker of the deployment ${name} has come up.` });
  const fitting = versions.filter(({ build }) => build === text || build.startsWith(text));
  const [found, another] = [...fitting.filter(({ build }) => build === text), ...fitting];
  if (found && (found.build === text || !another)) return found;
  throw new VolanteError('VOL-103', {
    message: found ? `Several builds of ${name} begin with "${text}".` : `${name} has no build "${text}".`,
    fix: `name one of: ${versions.map(({ build }) => build).join(', ')}`,
  });
}

/**
 * Makes a build current: whatever begins, and whatever moves, goes to it from now on. With a percentage it gets that share,
 * and the current one keeps the rest; 0 ends that.
 * @throws VolanteError VOL-301 when the server refuses: no workers on all queues, or somebody else was quicker
 */
export async function promote(
  { connection: { workflowService }, namespace }: Versions,
  { deployment, build, percentage }: { deployment: string; build: string; percentage?: number },
): Promise<void> {
  const version = { namespace, deploymentName: deployment, identity: 'volante' };
  try {
    if (percentage === undefined)
      await workflowService.setWorkerDeploymentCurrentVersion({ ...version, buildId: build });
    else if (percentage === 0)
      await workflowService.setWorkerDeploymentRampingVersion({ ...version, buildId: '', percentage });
    else await workflowService.setWorkerDeploymentRampingVersion({ ...version, buildId: build, percentage });
  } catch (error) {
    throw understood(error);
  }
}

function understood(error: unknown): unknown {
  if (!isGrpcServiceError(error)) return error;
  if (error.code === unimplemented)
    return new VolanteError('VOL-506', {
      message: 'This Temporal server knows no worker deployments.',
      fix: 'unset VOLANTE_WORKER_DEPLOYMENT, or use Temporal 1.28 or newer',
      cause: error,
    });
  if (error.code !== failedPrecondition) return error;
  return new VolanteError('VOL-301', {
    message: `Temporal refuses: ${error.details}.`,
    fix: 'start workers of that build for every platform, look at `volante workers`, and try again',
    cause: error,
  });
}
