/** Gathers from the ledger what a plan is computed from. Reads only. */
import type { LiveRun, PlanFacts } from '../definition/plan-facts';
import type { ResolvedCampaign, Sha256 } from '../definition/resolved';
import type { Workspace } from '../definition/workspace-types';
import { type AudienceRequest, countAudience } from './audience';
import { type Database, maybeOne } from './database';
import { gatherTriggerFacts } from './journeys/plan-facts';

export async function gatherPlanFacts(
  database: Database,
  request: AudienceRequest & { revision: Sha256; workspace: Workspace; now: Date },
): Promise<PlanFacts> {
  const { campaign, revision, workspace, now } = request;
  const live = await readLiveRuns(database);
  const { audience, sharedMembers } = await countAudience(database, {
    ...request,
    frequencyCaps: workspace.frequencyCaps,
    now,
    liveRuns: live.map(({ no }) => no),
  });
  return {
    audience,
    platforms: Object.fromEntries(
      platformsOf(campaign).map((name) => {
        const platform = workspace.platforms[name];
        return [name, { ratePerSecond: platform?.ratePerSecond, costPerMessage: platform?.costPerMessage }];
      }),
    ),
    liveRuns: live.map(({ no, ...run }) => ({ ...run, sharedMembers: sharedMembers.get(no) ?? 0 })),
    trigger: await gatherTriggerFacts(database, { campaign, now }),
    applied: await readApplied(database, campaign.id),
    alreadyRun: await readAlreadyRun(database, revision),
  };
}

function platformsOf(campaign: ResolvedCampaign): string[] {
  return [...new Set(campaign.steps.flatMap((step) => (step.kind === 'email' ? [step.email.platform] : [])))].sort();
}

async function readLiveRuns(database: Database): Promise<(Omit<LiveRun, 'sharedMembers'> & { no: number })[]> {
  const { rows } = await database.query<{
    no: number;
    runId: string;
    revision: Sha256;
    phase: string;
    campaign: ResolvedCampaign;
  }>(
    `select r.no, r.run_id as "runId", r.revision, r.phase, v.definition as campaign
       from runs r join revisions v using (revision) where r.finished_at is null order by r.no`,
  );
  return rows.map(({ campaign, ...run }) => ({
    ...run,
    campaign: campaign.id,
    platforms: platformsOf(campaign),
    start: campaign.schedule.start,
    end: campaign.schedule.end,
  }));
}

async function readApplied(database: Database, campaignId: string): Promise<PlanFacts['applied']> {
  const row = await maybeOne<{ revision: Sha256; runId: string; campaign: ResolvedCampaign; targeted: number | null }>(
    database,
    `select r.revision, r.run_id as "runId", v.definition as campaign, r.members as targeted
       from runs r join revisions v using (revision) where r.campaign_id = $1 order by r.no desc limit 1`,
    [campaignId],
  );
  return row && { ...row, targeted: row.targeted ?? 0 };
}

async function readAlreadyRun(database: Database, revision: Sha256): Promise<PlanFacts['alreadyRun']> {
  return maybeOne<{ runId: string; phase: string }>(
    database,
    'select run_id as "runId", phase from runs where revision = $1 order by no desc limit 1',
    [revision],
  );
}
