/**
 * Events that Volante itself sees: they name the delivery they come from, and their id is that delivery's key, so that
 * whatever is said twice is kept once.
 */
import type { TrackedDelivery } from './click-token';
import type { Queryable } from './database';
import type { StepRef } from './deliveries';
import { ownSources } from './events';

/** Messages that the platform refused for good, at the moment it did. Members that are no delivery of the step are passed over. */
export async function recordBounces(
  queryable: Queryable,
  { runNo, step, seqs, at }: StepRef & { seqs: number[]; at: Date },
): Promise<void> {
  if (seqs.length === 0) return;
  await queryable.query(
    `insert into events (source, id, kind, contact_id, run_no, step, seq, occurred_at)
     select $5, run_no || ':' || step || ':' || seq, 'bounced', contact_id, run_no, step, seq, $4
       from deliveries where run_no = $1 and step = $2 and seq = any($3::int[]) and channel = 'email'
      order by seq
         on conflict do nothing`,
    [runNo, step, seqs, at, ownSources.bounces],
  );
}

/** An opt-out by the link of a message: counted against the last message of that run that went to this contact. */
export async function recordUnsubscribe(
  queryable: Queryable,
  { contactId, runNo, at }: { contactId: string; runNo: number; at: Date },
): Promise<void> {
  await queryable.query(
    `insert into events (source, id, kind, contact_id, run_no, step, seq, occurred_at)
     select $4, run_no || ':' || step || ':' || seq, 'unsubscribed', contact_id, run_no, step, seq, $3
       from deliveries
      where contact_id = $1 and run_no = $2 and channel = 'email' and claimed_at is not null
        and status in ('sending', 'sent', 'in_doubt', 'released')
      order by coalesce(settled_at, claimed_at) desc limit 1
         on conflict do nothing`,
    [contactId, runNo, at, ownSources.unsubscribes],
  );
}

/** Somebody, or something, followed a tracked link or loaded the picture of a message. */
export interface Tracked extends TrackedDelivery {
  /** Number of the link; absent: the message was opened. */
  link?: number;
  at: Date;
  isBot: boolean;
}

/**
 * Following a link sooner after the sending than this is a program's doing: mail servers look at links before they
 * hand a message over.
 */
const tooSoon = '2 seconds';

/**
 * Records clicks and openings, once a delivery and link (people's and programs' apart, so that neither hides the
 * other). Deliveries that never left are passed over.
 */
export async function recordTracked(queryable: Queryable, tracked: readonly Tracked[]): Promise<void> {
  if (tracked.length === 0) return;
  await queryable.query(
    `with incoming as (
       select * from unnest($1::int[], $2::text[], $3::int[], $4::int[], $5::timestamptz[], $6::boolean[])
         as i(run_no, step_mark, seq, link, at, is_bot)
     ),
     step_of as (
       select distinct s.run_no, s.step_mark, step.id as step
         from (select distinct run_no, step_mark from incoming) s
         join runs r on r.no = s.run_no
         join revisions v using (revision)
        cross join jsonb_array_elements(v.definition -> 'steps') entry
        cross join lateral (select entry ->> 'id' as id) step
        where substr(translate(encode(sha256(convert_to(step.id, 'UTF8')), 'base64'), '+/', '-_'), 1, 6) = s.step_mark
     )
     insert into events (source, id, kind, is_bot, contact_id, run_no, step, seq, occurred_at)
     select distinct on (source, id) *
       from (select case when i.link is null then $8 else $7 end as source,
                    concat_ws(':', d.run_no, d.step, d.seq, i.link) || case when bot.yes then ':bot' else '' end as id,
                    (case when i.link is null then 'opened' else 'clicked' end)::event_kind, bot.yes, d.contact_id, d.run_no, d.step, d.seq, i.at
               from incoming i
               join step_of using (run_no, step_mark)
               join deliveries d on d.run_no = i.run_no and d.step = step_of.step and d.seq = i.seq and d.channel = 'email'
              cross join lateral (
                select i.is_bot or (i.link is not null and coalesce(i.at < d.settled_at + interval '${tooSoon}', true)) as yes) bot
              where d.status in ('sending', 'sent', 'in_doubt', 'released')) known
      order by source, id, at
         on conflict do nothing`,
    [
      tracked.map(({ runNo }) => runNo),
      tracked.map(({ stepMark }) => stepMark),
      tracked.map(({ seq }) => seq),
      tracked.map(({ link }) => link ?? null),
      tracked.map(({ at }) => at),
      tracked.map(({ isBot }) => isBot),
      ownSources.clicks,
      ownSources.opens,
    ],
  );
}
