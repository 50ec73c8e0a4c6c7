/**
 * Events that Volante itself sees: they name the delivery they come from, and their id is that delivery's key, so that
 * whatever is said twice is kept once.
 */
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
