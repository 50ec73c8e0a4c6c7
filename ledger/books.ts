/** The books of a delivery step: every member in exactly one place. */
import type { Books } from '../definition/run-status';
import { one, type Queryable } from './database';
import type { StepRef } from './deliveries';

const columns = `
  count(*)::int as targeted,
  count(*) filter (where d.status = 'sent')::int as sent,
  count(*) filter (where d.status = 'held_out')::int as "heldOut",
  count(*) filter (where d.status = 'suppressed')::int as suppressed,
  count(*) filter (where d.status = 'unconsented')::int as unconsented,
  count(*) filter (where d.status = 'capped')::int as capped,
  count(*) filter (where d.status = 'late')::int as late,
  count(*) filter (where d.status = 'invalid')::int as invalid,
  count(*) filter (where d.status = 'failed')::int as failed,
  count(*) filter (where d.status = 'in_doubt')::int as "inDoubt",
  count(*) filter (where d.status = 'cancelled')::int as cancelled,
  count(*) filter (where d.status is null or d.status in ('waiting', 'claimed', 'sending', 'released'))::int as open`;

/** Counts from the rows themselves, never from counters kept on the way. */
export async function stepBooks(queryable: Queryable, { runNo, step }: StepRef): Promise<Books> {
  return one<Books & Record<string, number>>(
    queryable,
    `select ${columns}
       from members m
       left join deliveries d on d.run_no = m.run_no and d.step = $2 and d.seq = m.seq and d.channel = 'email'
      where m.run_no = $1`,
    [runNo, step],
  );
}

/** targeted = sent + held out + suppressed + unconsented + capped + late + invalid + failed + in doubt + cancelled, nothing open. */
export function booksBalance(books: Books): boolean {
  const settled =
    books.sent +
    books.heldOut +
    books.suppressed +
    books.unconsented +
    books.capped +
    books.late +
    books.invalid +
    books.failed +
    books.inDoubt +
    books.cancelled;
  return books.open === 0 && books.targeted === settled;
}
