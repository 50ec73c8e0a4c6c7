/** Gathers from the ledger what a plan is computed from. Reads only. */
import type { LiveFacts, LiveRun, PlanFacts } from '../definition/plan-facts';
import type { ResolvedCampaign, Sha256 } from '../definition/resolved';
import type { Workspace } from '../definition/workspace-types';
import { type AudienceRequest, countAudience } from './audience';
import { stepBooks } from './books';
import { type Database, maybeOne } from './database';
import { gatherTriggerFacts, gatherUnderWay } from './journeys/plan-facts';
import { findLiveRun, findRunBy, type LiveRunRow } from './live-runs';
import { programFacts } from './loyalty/report';

export async function gatherPlanFacts(
  database: Database,
  request: AudienceRequest & { revision: Sha256; workspace: Workspace; now: Date },
): Promise<PlanFacts> {
  const { campaign, revision, workspace, now } = request;
  const own = await findLiveRun(database, { campaignId: campaign.id, environment: workspace.environment });
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
    ...(campaign.program && { program: await programFacts(database, campaign.id) }),
    ...(campaign.trigger && { underWay: await gatherUnderWay(database, campaign.id) }),
    applied: await readApplied(database, campaign.id),
    ...(own && { live: await liveFacts(database, own) }),
    alreadyRun: await readAlreadyRun(database, { revision, live: own }),
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

/** A run under way goes by the revision it last took; without one, a revision runs once. */
async function readAlreadyRun(
  database: Database,
  { revision, live }: { revision: Sha256; live: LiveRunRow | undefined },
): Promise<PlanFacts['alreadyRun']> {
  const run = live ?? (await findRunBy(database, revision));
  return run && (!live || live.asked === revision) ? { runId: run.runId, phase: run.phase } : undefined;
}

async function liveFacts(database: Database, live: LiveRunRow): Promise<LiveFacts> {
  const { no, runId, phase, asked, campaign, audienceChecksum, members } = live;
  const steps = campaign.steps.flatMap(({ id, kind }) => (kind === 'email' ? [id] : []));
  const books = await Promise.all(
    steps.map(async (step) => [step, await stepBooks(database, { runNo: no, step })] as const),
  );
  return {
    runId,
    phase,
    asked,
    campaign,
    books: Object.fromEntries(books),
    audienceChecksum: audienceChecksum ?? '',
    members: members ?? 0,
  };
}
