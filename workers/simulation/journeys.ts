/** What became of a simulated trigger: events, journeys, exits, waits, week by week. */
import type { Instant, ResolvedCampaign } from '../../definition/resolved';
import { type Database, one } from '../../ledger/database';
import { countJourneys } from '../../ledger/journeys/counts';
import type { CustomerCounts, JourneysOutcome } from '../../simulation/result';
import type { Waits } from './activities';

const weekSeconds = 7 * 86_400;

/** What customers did, and what nobody could act on. */
export async function customerCounts(
  database: Database,
  { raised }: { raised: ReadonlyMap<string, number> },
): Promise<CustomerCounts> {
  const { rows: unacted } = await database.query<{ type: string; reason: string; count: number }>(
    `select type, coalesce(reason, 'nobody looked at it') as reason, count(*)::int as count
       from inbox where state <> 'done' group by 1, 2 order by 1, 2`,
  );
  const { rows: bought } = await database.query<{ currency: string; orders: number; revenue: string; refunds: string }>(
    `select currency, (count(*) filter (where kind = 'converted'))::int as orders,
            coalesce(sum(amount_micros) filter (where kind = 'converted'), 0)::text as revenue,
            coalesce(sum(amount_micros) filter (where kind = 'refund'), 0)::text as refunds
       from events where kind in ('converted', 'refund') and currency is not null group by 1 order by 1`,
  );
  const money = (of: 'revenue' | 'refunds') =>
    bought.flatMap((row) => (row[of] === '0' ? [] : [{ currency: row.currency, micros: Number(row[of]) }]));
  return {
    events: [...raised].map(([type, count]) => ({ type, count })).sort((a, b) => (a.type < b.type ? -1 : 1)),
    unacted,
    orders: bought.reduce((sum, { orders }) => sum + orders, 0),
    revenue: money('revenue'),
    refunds: money('refunds'),
  };
}

export async function journeysOutcome(
  database: Database,
  {
    runNo,
    campaign,
    waits,
    raised,
  }: { runNo: number; campaign: ResolvedCampaign; waits: Waits; raised: CustomerCounts },
): Promise<JourneysOutcome | undefined> {
  const { trigger, steps } = campaign;
  if (!trigger) return undefined;
  const { rows } = await database.query<{ at: Date }>('select opened_at as at from triggers where run_no = $1', [
    runNo,
  ]);
  const [opened] = rows;
  if (!opened) return undefined;
  const counts = await countJourneys(database, runNo);
  const came = raised.events
    .filter(({ type }) => trigger.events.includes(type))
    .reduce((sum, { count }) => sum + count, 0);
  const declined = Object.values(counts.declined).reduce((sum, count) => sum + count, 0);
  return {
    openedAt: opened.at.toISOString(),
    started: counts.started,
    declined: counts.declined,
    unmet: came - counts.started - declined,
    ended: counts.ended,
    onTheWay: counts.running + counts.held,
    heldBecause: counts.heldBecause,
    exits: trigger.exits.map(({ name, goal }) => ({ name, goal, count: counts.exits[name] ?? 0 })),
    waits: steps.flatMap((step) =>
      step.kind === 'wait' && 'event' in step.wait
        ? [
            {
              step: step.id,
              happened: waits.get(step.id)?.happened.size ?? 0,
              timedOut: waits.get(step.id)?.timedOut.size ?? 0,
            },
          ]
        : [],
    ),
    medianDays: await medianDays(database, runNo),
    weeks: await weeksOf(database, { runNo, since: opened.at.toISOString() }),
  };
}

/** From the beginning to the end of those that are over. */
async function medianDays(database: Database, runNo: number): Promise<number> {
  const { days } = await one<{ days: number | null }>(
    database,
    `select percentile_cont(0.5) within group (order by extract(epoch from ended_at - admitted_at) / 86400)::float8 as days
       from journeys where run_no = $1 and state = 'ended'`,
    [runNo],
  );
  return Math.round((days ?? 0) * 10) / 10;
}

async function weeksOf(
  database: Database,
  { runNo, since }: { runNo: number; since: Instant },
): Promise<JourneysOutcome['weeks']> {
  const { rows } = await database.query<JourneysOutcome['weeks'][number]>(
    `with happened as (
       select admitted_at as at, 'started' as what from journeys where run_no = $1
       union all select at, 'declined' from journey_refusals where run_no = $1
       union all select ended_at, 'goals' from journeys where run_no = $1 and outcome = 'goal'
       union all select ended_at, 'ended' from journeys where run_no = $1 and state = 'ended'
       union all select settled_at, 'sent' from deliveries where run_no = $1 and status = 'sent'
     )
     select (floor(extract(epoch from at - $2::timestamptz) / $3) + 1)::int as week,
            (count(*) filter (where what = 'started'))::int as started, (count(*) filter (where what = 'declined'))::int as declined,
            (count(*) filter (where what = 'sent'))::int as sent, (count(*) filter (where what = 'goals'))::int as goals,
            (count(*) filter (where what = 'ended'))::int as ended
       from happened group by 1 order by 1`,
    [runNo, since, weekSeconds],
  );
  return rows;
}
