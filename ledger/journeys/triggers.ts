/** Triggers: which standing runs start journeys, upon which events. */
import type { ResolvedCampaign, Sha256 } from '../../definition/resolved';
import type { ResolvedTrigger } from '../../definition/resolved-journey';
import { type Database, maybeOne, one, type Queryable, transaction } from '../database';

export interface TriggerRow {
  runNo: number;
  runId: string;
  revision: Sha256;
  campaignId: string;
  state: 'open' | 'closing';
  starts: string[];
  listens: string[];
  exclusive: string | null;
  priority: number;
  taskQueue: string;
}

/** Types of events that journeys of a campaign may wait for or end with. */
export function listensOf({ trigger, steps }: ResolvedCampaign & { trigger: ResolvedTrigger }): string[] {
  const waits = steps.flatMap((step) => (step.kind === 'wait' && 'event' in step.wait ? step.wait.event.events : []));
  return [...new Set([...trigger.exits.flatMap(({ on }) => on), ...waits])].sort();
}

/**
 * Opens the trigger of a run. The trigger of an earlier run of the same campaign closes in the same moment: no event falls
 * between them, and none starts two journeys. Opening again changes nothing.
 * @returns ids of the runs whose triggers closed
 */
export async function openTrigger(
  database: Database,
  {
    runNo,
    campaign,
    taskQueue,
    now,
  }: { runNo: number; campaign: ResolvedCampaign & { trigger: ResolvedTrigger }; taskQueue: string; now: Date },
): Promise<string[]> {
  return transaction(database, async (client) => {
    await client.query(`select pg_advisory_xact_lock(hashtext('volante triggers'), hashtext($1))`, [campaign.id]);
    const known = await maybeOne<{ state: string }>(client, 'select state from triggers where run_no = $1', [runNo]);
    if (!known) {
      await client.query(
        `update triggers set state = 'closing', closed_at = $2, closed_why = $3 where campaign_id = $1 and state = 'open'`,
        [campaign.id, now, 'a newer revision of the campaign takes over'],
      );
      await client.query(
        `insert into triggers (run_no, campaign_id, starts, listens, exclusive, priority, task_queue, opened_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)`,
        [
          runNo,
          campaign.id,
          campaign.trigger.events,
          listensOf(campaign),
          campaign.exclusive ?? null,
          campaign.priority ?? 0,
          taskQueue,
          now,
        ],
      );
    }
    const { rows } = await client.query<{ run_id: string }>(
      `select r.run_id from triggers t join runs r on r.no = t.run_no
        where t.campaign_id = $1 and t.state = 'closing' and t.run_no < $2`,
      [campaign.id, runNo],
    );
    return rows.map(({ run_id }) => run_id);
  });
}

/** From now on no event starts a journey of this run; those on their way go on. */
export async function closeTrigger(
  queryable: Queryable,
  { runNo, why, now }: { runNo: number; why: string; now: Date },
): Promise<void> {
  await queryable.query(
    `update triggers set state = 'closing', closed_at = $2, closed_why = $3 where run_no = $1 and state = 'open'`,
    [runNo, now, why],
  );
}

/** The run is over: nobody listens for events on its behalf any more. Its members are as many as began. */
export async function retireTrigger(queryable: Queryable, runNo: number): Promise<void> {
  await queryable.query(`update triggers set state = 'closed' where run_no = $1`, [runNo]);
  await queryable.query(
    `update runs set members = (select count(*) from members where run_no = $1) where no = $1 and members is not null`,
    [runNo],
  );
}

/** Triggers that start journeys, or whose journeys may still listen. */
export async function readTriggers(queryable: Queryable): Promise<TriggerRow[]> {
  const { rows } = await queryable.query<TriggerRow>(
    `select t.run_no as "runNo", r.run_id as "runId", r.revision, t.campaign_id as "campaignId", t.state, t.starts, t.listens,
            t.exclusive, t.priority, t.task_queue as "taskQueue"
       from triggers t join runs r on r.no = t.run_no where t.state <> 'closed' order by t.run_no`,
  );
  return rows;
}

/** Journeys of a run that are not over, and members it has. */
export async function countLive(queryable: Queryable, runNo: number): Promise<{ live: number; members: number }> {
  return one<{ live: number; members: number }>(
    queryable,
    `select (select count(*)::int from journeys where run_no = $1 and state <> 'ended') as live,
            (select count(*)::int from members where run_no = $1) as members`,
    [runNo],
  );
}

/** Does this run start no journeys any more, and is none on its way? */
export async function isLastJourney(queryable: Queryable, runNo: number): Promise<boolean> {
  const { last } = await one<{ last: boolean }>(
    queryable,
    `select state <> 'open' and not exists (select from journeys where run_no = $1 and state <> 'ended') as last
       from triggers where run_no = $1`,
    [runNo],
  );
  return last;
}
