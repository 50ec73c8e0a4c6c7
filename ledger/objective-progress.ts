/** What has come towards an objective, and from how many members of which age: what a forecast is made of. */
import type { EventKind, MetricEvent } from '../definition/resolved-measuring';
import { one, type Queryable } from './database';

export interface ObjectiveQuestion {
  runNo: number;
  /** Ids of the delivery steps that count; empty: all. */
  steps: string[];
  events: MetricEvent;
  currency?: string;
  windowMs: number;
  now: Date;
}

export interface ObjectiveProgress {
  /** Events within a window of attribution, each counted once. */
  events: number;
  /** Of money, in units of the currency; refunds are negative. */
  sum: number;
  sumSquares: number;
  /** Members reached, by age as a share of the window, in bins of 1/20; the last holds all whose window has closed. */
  ages: number[];
  /** Events by their delay as a share of the window, in the same bins, of members whose window has closed. */
  delays: number[];
  /** Members who are still to be reached. */
  remaining: number;
}

export const bins = 20;

const reached = `
  select contact_id, min(settled_at) as since, max(settled_at) as latest from deliveries
   where run_no = $1 and status = 'sent' and channel = 'email' and (cardinality($2::text[]) = 0 or step = any($2)) and settled_at <= $3
   group by contact_id`;

/** One pass over the members reached and the events of their contacts. */
export async function objectiveProgress(
  queryable: Queryable,
  { runNo, steps, events, currency, windowMs, now }: ObjectiveQuestion,
): Promise<ObjectiveProgress> {
  const isMoney = events === 'revenue' || events === 'refund';
  const kinds: EventKind[] = events === 'revenue' ? ['converted', 'revenue', 'refund'] : [events];
  const parameters = [runNo, steps, now, `${windowMs} milliseconds`];
  const came = await one<{ events: number; sum: number; sumSquares: number; delays: number[] | null }>(
    queryable,
    `with reached as (${reached}),
     came as (
       select case when e.kind = 'refund' and $6 then -1 else 1 end * coalesce(e.amount_micros, 0) / 1e6::float8 as amount,
              extract(epoch from e.occurred_at - r.since) / extract(epoch from $4::interval) as delay,
              r.latest + $4::interval <= $3 as is_ripe
         from reached r
         join events e on e.contact_id = r.contact_id and e.kind = any($5::event_kind[]) and not e.is_bot
          and e.occurred_at >= r.since and e.occurred_at < r.latest + $4::interval and e.occurred_at <= $3
        where not $6 or e.currency = $7
     ),
     delayed as (
       select least(${bins - 1}, floor(delay * ${bins}))::int as bin, count(*)::int as n from came where is_ripe and delay < 1 group by 1
     )
     select count(*)::int as events, coalesce(sum(amount), 0)::float8 as sum, coalesce(sum(amount * amount), 0)::float8 as "sumSquares",
            (select array_agg(coalesce(n, 0) order by bin) from generate_series(0, ${bins - 1}) bin left join delayed using (bin)) as delays
       from came`,
    [...parameters, kinds, isMoney, currency ?? null],
  );
  const people = await one<{ ages: number[] | null; remaining: number }>(
    queryable,
    `with reached as (${reached}),
     aged as (
       select least(${bins}, floor(extract(epoch from $3::timestamptz - since) / extract(epoch from $4::interval) * ${bins}))::int as bin,
              count(*)::int as n
         from reached group by 1
     )
     select (select array_agg(coalesce(n, 0) order by bin) from generate_series(0, ${bins}) bin left join aged using (bin)) as ages,
            greatest(0, (select count(*) from members where run_no = $1 and arm <> 'holdout')
                      - (select count(distinct contact_id) from deliveries
                          where run_no = $1 and status not in ('waiting', 'claimed', 'sending', 'released', 'held_out')
                            and (cardinality($2::text[]) = 0 or step = any($2))))::int as remaining`,
    parameters,
  );
  return { ...came, delays: came.delays ?? [], ages: people.ages ?? [], remaining: people.remaining };
}
