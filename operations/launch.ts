/** Starting what a plan says: stores the revision, then starts one run or keeps one schedule. Repeatable. */
import {
  type Client,
  ScheduleAlreadyRunning,
  ScheduleOverlapPolicy,
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdReusePolicy,
} from '@temporalio/client';
import type { Instant, PersonId, ResolvedCampaign, Sha256 } from '../definition/resolved';
import type { DeliveryTuning, RunPlan } from '../definition/run-plan';
import { recordFact } from '../ledger/audit';
import type { Database } from '../ledger/database';
import { type StoredFile, storeRevision } from '../ledger/revisions';
import { registerRun } from '../ledger/runs';
import { standsMemo } from '../workflows/messages';
import { campaignQueue } from '../workflows/queues';
import { searchAttributes } from '../workflows/search-attributes';

export interface LaunchRequest {
  campaign: ResolvedCampaign;
  revision: Sha256;
  files: StoredFile[];
  planHash: Sha256;
  environment: string;
  by: PersonId;
  lastCommitter?: PersonId;
  gitCommit?: string;
  /** Members the plan would target, for the one-line summary. */
  targeted: number;
  /** A second run of the same revision, on purpose: 2, 3, … */
  again?: number;
  tuning?: Partial<DeliveryTuning>;
  taskQueue?: string;
  /** Now, unless a simulation says otherwise. */
  appliedAt?: Instant;
}

export interface Launched {
  runId: string;
  /** `already`: this very revision was started before; nothing was started now. */
  outcome: 'started' | 'scheduled' | 'already';
}

export const standardTuning: DeliveryTuning = {
  batchSize: 100,
  pageSize: 1_000,
  pagesPerActivity: 2,
  window: 4,
  shardSize: 250_000,
  activitiesPerRun: 300,
  heartbeatTimeoutMs: 15_000,
};

/** `campaign/<id>/<first 12 of the revision>`: the same revision is the same run. */
export function runIdOf(campaign: ResolvedCampaign, revision: Sha256, again?: number): string {
  return `campaign/${campaign.id}/${revision.slice(0, 12)}${again === undefined ? '' : `-${again}`}`;
}

export async function launch(
  { client, database }: { client: Client; database: Database },
  request: LaunchRequest,
): Promise<Launched> {
  const { campaign, revision, files, gitCommit } = request;
  await storeRevision(database, { revision, campaign, files, gitCommit });
  const runId = runIdOf(campaign, revision, request.again);
  const plan = runPlan(request);
  const launched = await (campaign.schedule.cron.length > 0
    ? keepSchedule(client, { request, plan, runId })
    : startRun(client, database, { request, plan, runId }));
  // Also when it was started before: whoever started it may have died before this was written down. The first word counts.
  await recordFact(database, {
    at: new Date(plan.appliedAt),
    runId,
    actor: request.by,
    action: 'plan.applied',
    subject: campaign.id,
    detail: { planHash: request.planHash, revision, ...(gitCommit && { gitCommit }) },
    factKey: `${runId}:${revision.slice(0, 12)}:applied`,
  });
  return launched;
}

function runPlan(request: LaunchRequest): RunPlan {
  return {
    planVersion: 1,
    environment: request.environment,
    campaign: request.campaign,
    revision: request.revision,
    ...(request.gitCommit !== undefined && { gitCommit: request.gitCommit }),
    appliedPlanHash: request.planHash,
    appliedBy: request.by,
    ...(request.lastCommitter !== undefined && { lastCommitter: request.lastCommitter }),
    appliedAt: request.appliedAt ?? new Date().toISOString(),
    tuning: { ...standardTuning, ...request.tuning },
  };
}

interface Start {
  request: LaunchRequest;
  plan: RunPlan;
  runId: string;
}

/** The workflow id is unique for ever, so that a repeated apply, however it raced, starts nothing twice. */
async function startRun(client: Client, database: Database, { request, plan, runId }: Start): Promise<Launched> {
  await registerRun(database, {
    runId,
    campaignId: plan.campaign.id,
    environment: plan.environment,
    revision: plan.revision,
    appliedPlanHash: plan.appliedPlanHash,
    appliedBy: plan.appliedBy,
    appliedAt: plan.appliedAt,
  });
  try {
    await client.workflow.start('campaignRun', {
      ...workflowOptions(request, plan),
      workflowId: runId,
      workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
    });
    return { runId, outcome: 'started' };
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return { runId, outcome: 'already' };
    throw error;
  }
}

/** A campaign with `cron` is one Temporal Schedule; a new revision replaces what it starts from its next firing on. */
async function keepSchedule(client: Client, { request, plan, runId }: Start): Promise<Launched> {
  const { campaign } = plan;
  const scheduleId = `schedule/${campaign.id}`;
  const schedule = {
    spec: {
      cronExpressions: campaign.schedule.cron,
      timezone: campaign.schedule.timezone,
      ...(campaign.schedule.start !== undefined && { startAt: new Date(campaign.schedule.start) }),
      ...(campaign.schedule.end !== undefined && { endAt: new Date(campaign.schedule.end) }),
    },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: campaign.schedule.catchupWindow },
    action: {
      type: 'startWorkflow' as const,
      workflowType: 'campaignRun',
      workflowId: runId,
      ...workflowOptions(request, plan),
    },
  };
  try {
    await client.schedule.create({ scheduleId, ...schedule, memo: { revision: plan.revision } });
    return { runId: scheduleId, outcome: 'scheduled' };
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
  }
  const handle = client.schedule.getHandle(scheduleId);
  const { action } = await handle.describe();
  if (action.type === 'startWorkflow' && action.workflowId === runId) return { runId: scheduleId, outcome: 'already' };
  await handle.update(({ state }) => ({ ...schedule, state }));
  return { runId: scheduleId, outcome: 'scheduled' };
}

function workflowOptions(request: LaunchRequest, plan: RunPlan) {
  const { campaign } = plan;
  return {
    taskQueue: request.taskQueue ?? campaignQueue,
    args: [plan] as [RunPlan],
    staticSummary: `${campaign.id} · about ${request.targeted} people · ${plan.environment} · applied by ${plan.appliedBy}`,
    staticDetails: describe(plan),
    ...((campaign.trigger || campaign.program) && { memo: { [standsMemo]: true } }),
    typedSearchAttributes: [
      { key: searchAttributes.campaignId, value: campaign.id },
      { key: searchAttributes.campaignRevision, value: plan.revision.slice(0, 12) },
      { key: searchAttributes.campaignOwner, value: campaign.owner },
      { key: searchAttributes.campaignEnvironment, value: plan.environment },
      ...(campaign.schedule.end === undefined
        ? []
        : [{ key: searchAttributes.campaignDeadline, value: new Date(campaign.schedule.end) }]),
    ],
  };
}

function describe({ campaign, revision, gitCommit, appliedPlanHash }: RunPlan): string {
  return [
    `**${campaign.name}** · owner ${campaign.owner}`,
    `- revision ${revision.slice(0, 12)}${gitCommit ? ` · commit ${gitCommit.slice(0, 10)}` : ''} · plan ${appliedPlanHash.slice(0, 12)}`,
    ...campaign.steps.map(
      ({ id, kind, needs }) => `- ${kind} *${id}*${needs.length > 0 ? ` after ${needs.join(', ')}` : ''}`,
    ),
  ].join('\n');
}
