/** Points for what people did: one statement a batch, each event once. */
import type { Queryable } from '../database';
import type { Program } from './programs';

/** What one rule gives for one event, before the member's tier and the rule's limit. */
export interface Earning {
  /** Number of the event in the inbox. */
  eventNo: string;
  contactId: string;
  rule: string;
  /** Thousandths of a point. */
  thousandths: bigint;
  occurredAt: Date;
  orderRef?: string;
  amountMicros?: bigint;
}

/**
 * Books what events earned, by the tier that each member has now. The members are locked. An event that is in the book
 * already gives nothing.
 */
export async function bookEarnings(
  client: Queryable,
  { program, earnings, now }: { program: Program; earnings: readonly Earning[]; now: Date },
): Promise<{ booked: number; points: bigint }> {
  if (earnings.length === 0) return { booked: 0, points: 0n };
  const { terms } = program;
  const limits = terms.earn.flatMap(({ id, limit }) => (limit ? [{ id, ...limit }] : []));
  const { rows } = await client.query<{ booked: number; points: string }>(
    `with given as (
       select distinct on (event_no, rule) *
         from unnest($2::bigint[], $3::bigint[], $4::text[], $5::bigint[], $6::timestamptz[], $7::text[], $8::bigint[])
                as g(event_no, contact_id, rule, thousandths, occurred_at, order_ref, amount_micros)
     ),
     valued as (
       select g.*, floor(g.thousandths::numeric * coalesce(t.multiplier, 1000) / 1000000)::bigint as points
         from given g
         join loyalty_balances b on b.program = $1 and b.contact_id = g.contact_id
         left join unnest($9::text[], $10::bigint[]) as t(id, multiplier) on t.id = b.tier
        where not exists (select from loyalty_journal j where j.program = $1 and j.key = 'event:' || g.event_no)
     ),
     limited as (
       select v.*, l.most - (select coalesce(sum(e.points), 0) from loyalty_earnings e
                              where e.program = $1 and e.contact_id = v.contact_id and e.rule = v.rule
                                and e.at > $14::timestamptz - l.per) as room,
              sum(v.points) over (partition by v.contact_id, v.rule order by v.event_no) as upto
         from valued v left join unnest($11::text[], $12::bigint[], $13::interval[]) as l(rule, most, per) on l.rule = v.rule
     ),
     granted as (
       select event_no, contact_id, rule, occurred_at, order_ref, amount_micros,
              case when room is null then points
                   else greatest(0, least(upto, room)) - greatest(0, least(upto - points, room)) end::bigint as points
         from limited
     ),
     events as (
       select event_no, contact_id, min(occurred_at) as occurred_at, min(order_ref) as order_ref,
              min(amount_micros) as amount_micros, sum(points)::bigint as points,
              jsonb_object_agg(rule, points) as rules, min(occurred_at) + $15::interval as active_at
         from granted where points > 0 group by event_no, contact_id
     ),
     journal as (
       insert into loyalty_journal (program, contact_id, key, kind, at, detail)
       select $1, contact_id, 'event:' || event_no, 'earn', $14, jsonb_build_object('rules', rules) from events order by event_no
           on conflict (program, key) do nothing
       returning no, key
     ),
     booked as (
       select j.no, e.*, e.active_at <= $14 as is_active from journal j join events e on j.key = 'event:' || e.event_no
     ),
     lots as (
       insert into loyalty_lots (program, contact_id, journal_no, origin, order_ref, amount_micros, earned_at, active_at,
                                 expires_at, is_active, earned, remaining)
       select $1, contact_id, no, 'event', order_ref, amount_micros, occurred_at, active_at, active_at + $16::interval,
              is_active, points, points
         from booked order by no
     ),
     counted as (
       insert into loyalty_earnings (journal_no, rule, program, contact_id, at, points)
       select b.no, g.rule, $1, g.contact_id, $14, g.points from booked b join granted g using (event_no) where g.points > 0
     ),
     entries as (
       insert into loyalty_entries (journal_no, program, contact_id, account, points)
       select no, $1, contact_id, 'issued', -points from booked
       union all
       select no, $1, contact_id, case when is_active then 'active' else 'pending' end, points from booked
     )
     select count(*)::int as booked, coalesce(sum(points), 0)::text as points from booked`,
    [
      program.id,
      earnings.map(({ eventNo }) => eventNo),
      earnings.map(({ contactId }) => contactId),
      earnings.map(({ rule }) => rule),
      earnings.map(({ thousandths }) => thousandths),
      earnings.map(({ occurredAt }) => occurredAt),
      earnings.map(({ orderRef }) => orderRef ?? null),
      earnings.map(({ amountMicros }) => amountMicros ?? null),
      terms.tiers.map(({ id }) => id),
      terms.tiers.map(({ multiplierThousandths }) => multiplierThousandths),
      limits.map(({ id }) => id),
      limits.map(({ points }) => points),
      limits.map(({ per }) => `${per} milliseconds`),
      now,
      `${terms.pending} milliseconds`,
      terms.expiresAfter === undefined ? null : `${terms.expiresAfter} milliseconds`,
    ],
  );
  const [row] = rows;
  return { booked: row?.booked ?? 0, points: BigInt(row?.points ?? 0) };
}
