/** One Temporal Schedule a repository: it looks for new commits. */
import { type Client, ScheduleAlreadyRunning, ScheduleNotFoundError, ScheduleOverlapPolicy } from '@temporalio/client';
import type { Repository, Workspace } from '../definition/workspace-types';
import { VolanteError } from '../errors/volante-error';
import { campaignQueue } from '../workflows/queues';

const scheduleOf = (repository: string) => `sync/${repository}`;

/** Makes Temporal look for commits as `volante.yaml` says now; `gone` are repositories that it had before. */
export async function keepSyncSchedules(
  client: Client,
  options: { workspace: Workspace; gone: readonly string[]; taskQueue?: string },
): Promise<void> {
  const { workspace, gone, taskQueue = campaignQueue } = options;
  const here = Object.values(workspace.repositories ?? {}).filter(
    ({ environment }) => environment === undefined || environment === workspace.environment,
  );
  for (const repository of here) await keep(client, repository, taskQueue);
  for (const repository of gone)
    if (!here.some(({ id }) => id === repository))
      await client.schedule.getHandle(scheduleOf(repository)).delete().catch(unlessNotFound);
}

async function keep(client: Client, { id, every, url }: Repository, taskQueue: string): Promise<void> {
  const schedule = {
    spec: { intervals: [{ every }] },
    policies: { overlap: ScheduleOverlapPolicy.BUFFER_ONE, catchupWindow: every },
    action: {
      type: 'startWorkflow' as const,
      workflowType: 'gitSync',
      workflowId: scheduleOf(id),
      taskQueue,
      args: [{ repository: id }],
      staticSummary: `git sync of ${id}`,
      staticDetails: /^(?:env|secret):/.test(url) ? undefined : `- ${url}`,
    },
  };
  try {
    await client.schedule.create({ scheduleId: scheduleOf(id), ...schedule, state: { triggerImmediately: true } });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    await client.schedule.getHandle(scheduleOf(id)).update(({ state }) => ({ ...schedule, state }));
  }
}

/** Looks at once; a look that is under way is followed by one more. @throws VolanteError VOL-103 when there is no such repository */
export async function lookNow(client: Client, repository: string): Promise<void> {
  try {
    await client.schedule.getHandle(scheduleOf(repository)).trigger(ScheduleOverlapPolicy.BUFFER_ONE);
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    throw new VolanteError('VOL-103', {
      message: `Nothing looks for commits of "${repository}".`,
      fix: 'name it under repositories in volante.yaml and start the worker again',
      cause: error,
    });
  }
}

function unlessNotFound(error: unknown): void {
  if (!(error instanceof ScheduleNotFoundError)) throw error;
}
