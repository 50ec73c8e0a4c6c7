/** How the journeys of a run, or of a campaign, are going: for status, report and the list. */
import type { JourneyCounts } from '../../definition/journey-counts';
import { one, type Queryable } from '../database';

/** @param runNo of the standing run; events that were declined count for the run whose trigger they met */
export async function countJourneys(queryable: Queryable, runNo: number): Promise<JourneyCounts> {
  const { counts } = await one<{ counts: JourneyCounts }>(
    queryable,
    `select jsonb_build_object(
       'started', (select count(*) from journeys where run_no = $1),
       'running', (select count(*) from journeys where run_no = $1 and state in ('starting', 'running')),
       'held', (select count(*) from journeys where run_no = $1 and state = 'held'),
       'ended', coalesce((select jsonb_object_agg(outcome, count) from (
          select outcome, count(*) from journeys where run_no = $1 and state = 'ended' group by outcome) ended), '{}'),
       'exits', coalesce((select jsonb_object_agg(exit, count) from (
          select exit, count(*) from journeys where run_no = $1 and exit is not null group by exit) exits), '{}'),
       'declined', coalesce((select jsonb_object_agg(reason, count) from (
          select reason, count(*) from journey_refusals where run_no = $1 group by reason) declined), '{}'),
       'heldBecause', coalesce((select jsonb_agg(jsonb_build_object('why', held_why, 'count', count) order by count desc, held_why)
          from (select held_why, count(*) from journeys where run_no = $1 and state = 'held' group by held_why
                 order by 2 desc limit 5) held), '[]')) as counts`,
    [runNo],
  );
  return counts;
}

export interface ListedJourney {
  /** `started`, or why not. */
  outcome: string;
  contactId: string | null;
  key: string | null;
  runId: string;
  seq: number | null;
  /** The run whose file it follows, where that is not its own. */
  goesBy: string | null;
  eventNo: string;
  /** Where it stands. */
  step: string | null;
  detail: string | null;
  at: Date;
  endedAt: Date | null;
}

/** Journeys of a campaign, and events that started none, newest first. */
export async function listJourneys(
  queryable: Queryable,
  { campaignId, contactId, limit }: { campaignId: string; contactId?: string; limit: number },
): Promise<ListedJourney[]> {
  const { rows } = await queryable.query<ListedJourney>(
    `select * from (
       select case when j.state = 'ended' then j.outcome else j.state end as outcome, j.contact_id as "contactId", j.key,
              r.run_id as "runId", j.seq, b.run_id as "goesBy", j.event_no as "eventNo", j.step,
              coalesce(j.held_why, case when j.exit is not null then 'exit ' || j.exit end, j.detail) as detail,
              j.admitted_at as at, j.ended_at as "endedAt"
         from journeys j join runs r on r.no = j.run_no left join runs b on b.no = j.goes_by
        where j.campaign_id = $1 and ($2::bigint is null or j.contact_id = $2)
        union all
       select 'declined: ' || f.reason, f.contact_id, null, r.run_id, null, null, f.event_no, null, f.detail, f.at, null
         from journey_refusals f join runs r on r.no = f.run_no
        where f.campaign_id = $1 and ($2::bigint is null or f.contact_id = $2)) listed
      order by at desc, "eventNo" desc limit $3`,
    [campaignId, contactId ?? null, limit],
  );
  return rows;
}
