/** Journeys that follow a newer file than the one they began with: by which revision, and with which steps. */
import type { ResolvedCampaign, ResolvedStep, Sha256 } from '../../definition/resolved';
import type { Database, Queryable } from '../database';
import { readRevision } from '../revisions';
import type { JourneyKey } from './journey';

/** A standing run that has taken over: its revision, and the approval that opened its trigger. */
export interface OpenRevision {
  runNo: number;
  runId: string;
  revision: Sha256;
  planHash: Sha256;
  openedAt: Date;
}

/** The run whose trigger stands open for a campaign, when it is a later one than `than`. A trigger opens once it is approved. */
export async function openAfter(
  queryable: Queryable,
  { campaignId, than }: { campaignId: string; than: number },
): Promise<OpenRevision | undefined> {
  const { rows } = await queryable.query<OpenRevision>(
    `select r.no as "runNo", r.run_id as "runId", r.revision, coalesce(r.plan_hash, '') as "planHash", t.opened_at as "openedAt"
       from triggers t join runs r on r.no = t.run_no
      where t.campaign_id = $1 and t.state = 'open' and t.run_no > $2`,
    [campaignId, than],
  );
  return rows[0];
}

/**
 * From now on the journey goes by the revision of another run.
 * @returns undefined once it has ended; `after` is the last event of its contact that came before that run took over
 */
export async function followRun(
  queryable: Queryable,
  { runNo, seq, by }: JourneyKey & { by: OpenRevision },
): Promise<{ after: string | null } | undefined> {
  const { rows } = await queryable.query<{ after: string | null }>(
    `update journeys j set goes_by = $3 where run_no = $1 and seq = $2 and state <> 'ended'
     returning (select max(h.event_no) from journey_events h
                 where h.contact_id = j.contact_id and h.event_no > j.event_no and h.at < $4) as after`,
    [runNo, seq, by.runNo, by.openedAt],
  );
  return rows[0];
}

/** A step begins by the revision of another run. It begins once. */
export async function recordFollowedStep(
  queryable: Queryable,
  { runNo, seq, step, by }: JourneyKey & { step: string; by: number },
): Promise<void> {
  await queryable.query(
    `insert into journey_steps_followed (run_no, seq, step, by_run) values ($1, $2, $3, $4) on conflict do nothing`,
    [runNo, seq, step, by],
  );
}

/**
 * Journeys on their way that will follow a revision listen for its events from now on, those that begin meanwhile too:
 * one statement, however many wait.
 */
export async function listenAlso(
  queryable: Queryable,
  { campaignId, runNo, types }: { campaignId: string; runNo: number; types: readonly string[] },
): Promise<void> {
  for (const [table, isLive] of [
    ['triggers', `state in ('open', 'closing')`],
    ['journeys', `state <> 'ended'`],
  ] as const)
    await queryable.query(
      `update ${table} set listens = array(select distinct type from unnest(listens || $3::text[]) type order by 1)
        where campaign_id = $1 and run_no < $2 and ${isLive} and not listens @> $3::text[]`,
      [campaignId, runNo, types],
    );
}

/** A step of a later revision that journeys of a run have begun. */
export interface FollowedStep {
  step: ResolvedStep;
  revision: Sha256;
}

/** Steps that journeys of a run began and that its own revision does not have; of several revisions, as the newest has them. */
export async function followedSteps(
  database: Database,
  { no, campaign }: { no: number; campaign: ResolvedCampaign },
): Promise<FollowedStep[]> {
  if (!campaign.trigger) return [];
  const { rows } = await database.query<{ revision: Sha256; steps: string[] }>(
    `select r.revision, array_agg(distinct f.step) as steps
       from journey_steps_followed f join runs r on r.no = f.by_run where f.run_no = $1
      group by r.no, r.revision order by r.no desc`,
    [no],
  );
  const known = new Set(campaign.steps.map(({ id, kind }) => `${kind} ${id}`));
  const found: FollowedStep[] = [];
  for (const { revision, steps } of rows) {
    const stored = await readRevision(database, revision);
    for (const step of stored?.campaign.steps ?? []) {
      const name = `${step.kind} ${step.id}`;
      if (!steps.includes(step.id) || known.has(name)) continue;
      known.add(name);
      found.push({ step, revision });
    }
  }
  return found;
}

/** Every step that members of a run may have taken: those of its own revision, then those of later ones. */
export async function stepsTaken(
  database: Database,
  { no, campaign, revision }: { no: number; campaign: ResolvedCampaign; revision: Sha256 },
): Promise<FollowedStep[]> {
  return [...campaign.steps.map((step) => ({ step, revision })), ...(await followedSteps(database, { no, campaign }))];
}

/** The revisions by which a member took steps, where they are not the one of their run. */
export async function revisionsFollowed(
  queryable: Queryable,
  { runNo, seq }: JourneyKey,
): Promise<{ step: string; revision: Sha256 }[]> {
  const { rows } = await queryable.query<{ step: string; revision: Sha256 }>(
    `select f.step, r.revision from journey_steps_followed f join runs r on r.no = f.by_run
      where f.run_no = $1 and f.seq = $2`,
    [runNo, seq],
  );
  return rows;
}
