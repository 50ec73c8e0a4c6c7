/** Which run of a campaign is under way, and which runs have gone by a revision. */
import type { ResolvedCampaign, Sha256 } from '../definition/resolved';
import { maybeOne, type Queryable } from './database';

export interface LiveRunRow {
  no: number;
  runId: string;
  phase: string;
  /** What it goes by. */
  revision: Sha256;
  campaign: ResolvedCampaign;
  /** Revision of the file it last took: the same, unless something had begun that stayed as it was. */
  asked: Sha256;
  planHash: Sha256 | null;
  audienceChecksum: Sha256 | null;
  members: number | null;
}

/** The newest run of a campaign that is not over. */
export async function findLiveRun(
  queryable: Queryable,
  { campaignId, environment }: { campaignId: string; environment: string },
): Promise<LiveRunRow | undefined> {
  return maybeOne<LiveRunRow>(
    queryable,
    `select r.no, r.run_id as "runId", r.phase, r.revision, v.definition as campaign, r.plan_hash as "planHash",
            r.audience_checksum as "audienceChecksum", r.members,
            coalesce((select asked_revision from amendments a where a.run_no = r.no order by no desc limit 1), r.revision) as asked
       from runs r join revisions v using (revision)
      where r.campaign_id = $1 and r.environment = $2 and r.finished_at is null order by r.no desc limit 1`,
    [campaignId, environment],
  );
}

/** The newest run that went by a revision at any time, from its start or after an amendment, and how many did. */
export async function findRunBy(
  queryable: Queryable,
  revision: Sha256,
): Promise<{ runId: string; phase: string; runs: number } | undefined> {
  return maybeOne<{ runId: string; phase: string; runs: number }>(
    queryable,
    `select run_id as "runId", phase, count(*) over ()::int as runs from runs r
      where revision = $1
         or exists (select from amendments a where a.run_no = r.no and $1 in (a.asked_revision, a.from_revision))
      order by no desc limit 1`,
    [revision],
  );
}

/** The newest run of a campaign, over or not. */
export async function newestRun(
  queryable: Queryable,
  { campaignId, environment }: { campaignId: string; environment: string },
): Promise<{ runId: string } | undefined> {
  return maybeOne<{ runId: string }>(
    queryable,
    'select run_id as "runId" from runs where campaign_id = $1 and environment = $2 order by no desc limit 1',
    [campaignId, environment],
  );
}
