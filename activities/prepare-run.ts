import { ApplicationFailure } from '@temporalio/activity';
import { compileAudience } from '../definition/audience-condition';
import { costAtMost } from '../definition/cost';
import { failureTypes } from '../definition/failure-types';
import { planHash } from '../definition/plan-hash';
import type { ResolvedCampaign } from '../definition/resolved';
import { recordFact } from '../ledger/audit';
import { countMembers } from '../ledger/member-counts';
import { freezeAudience } from '../ledger/members';
import { readRevision } from '../ledger/revisions';
import { recordPrepared, registerRun } from '../ledger/runs';
import { whileAlive } from '../telemetry/alive';
import type { ControlActivities, PreparedRun } from './contract';
import type { ActivityDependencies } from './dependencies';

/**
 * Registers the run, freezes its audience and computes its plan hash. Repeatable: a run that was prepared answers what
 * it froze the first time.
 */
export function createPrepareRun(deps: ActivityDependencies): ControlActivities['prepareRun'] {
  return async ({ runId, plan, now }) => {
    const { database, workspace, secretKey } = deps;
    const { campaign, revision } = plan;
    const run = await registerRun(database, {
      runId,
      campaignId: campaign.id,
      environment: plan.environment,
      revision,
      appliedPlanHash: plan.appliedPlanHash,
      appliedBy: plan.appliedBy,
      appliedAt: plan.appliedAt,
    });
    if (run.planHash !== null && run.members !== null) return readPrepared(deps, run.no, run.planHash, run.members);
    const csv = await audienceCsv(deps, campaign, revision);
    const frozen = await whileAlive(() =>
      freezeAudience(database, {
        campaign,
        condition: compileAudience(campaign.audience.where),
        csv,
        secretKey,
        runNo: run.no,
        shardSize: plan.tuning.shardSize,
      }),
    );
    const cost = costAtMost(campaign, {
      recipients: campaign.trigger ? 1 : frozen.members - frozen.heldOut,
      platforms: workspace.platforms,
    });
    const hash = planHash({ revision, audienceChecksum: frozen.checksum, targeted: frozen.members, cost });
    await recordPrepared(database, {
      runNo: run.no,
      planHash: hash,
      audienceChecksum: frozen.checksum,
      members: frozen.members,
      cost,
      now: new Date(now),
    });
    await recordFact(database, {
      at: new Date(now),
      runId,
      actor: 'volante',
      action: 'run.prepared',
      detail: { members: frozen.members, heldOut: frozen.heldOut, undecidable: frozen.undecidable, planHash: hash },
      factKey: `${runId}:prepared`,
    });
    return {
      runNo: run.no,
      planHash: hash,
      members: frozen.members,
      heldOut: frozen.heldOut,
      undecidable: frozen.undecidable,
    };
  };
}

/** A run is prepared once: a workflow that is reset finds the same members under the same numbers. */
async function readPrepared(
  { database }: ActivityDependencies,
  runNo: number,
  hash: string,
  members: number,
): Promise<PreparedRun> {
  return { runNo, planHash: hash, members, heldOut: (await countMembers(database, runNo)).heldOut, undecidable: 0 };
}

async function audienceCsv(
  { database }: ActivityDependencies,
  campaign: ResolvedCampaign,
  revision: string,
): Promise<Buffer | undefined> {
  const { from } = campaign.audience;
  if (from === 'contacts') return undefined;
  const stored = await readRevision(database, revision);
  const file = stored?.files.find(({ path }) => path === from.csv.path);
  if (!file) throw ApplicationFailure.nonRetryable(`revision has no file ${from.csv.path}`, failureTypes.planInvalid);
  return file.content;
}
