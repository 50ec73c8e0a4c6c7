/** The books of a delivery step: every member in exactly one place. */
import type { Books } from '../definition/run-status';
import { one, type Queryable } from './database';
import type { StepRef } from './deliveries';

/**
 * Counts from the rows themselves, never from counters kept on the way. Members without a row are open.
 * @param ref with `seq`: of that member alone, as for a journey
 */
export async function stepBooks(queryable: Queryable, ref: StepRef & { seq?: number }): Promise<Books> {
  const { runNo, step, seq = null } = ref;
  const { rows } = await queryable.query<{ status: string; count: number }>(
    `select status, count(*)::int as count from deliveries
      where run_no = $1 and step = $2 and ($3::int is null or seq = $3) group by status`,
    [runNo, step, seq],
  );
  const { targeted } = await one<{ targeted: number }>(
    queryable,
    'select count(*)::int as targeted from members where run_no = $1 and ($2::int is null or seq = $2)',
    [runNo, seq],
  );
  const counts = new Map(rows.map(({ status, count }) => [status, count]));
  const of = (status: string) => counts.get(status) ?? 0;
  const recorded = rows.reduce((sum, { count }) => sum + count, 0);
  return {
    targeted,
    sent: of('sent'),
    heldOut: of('held_out'),
    suppressed: of('suppressed'),
    unconsented: of('unconsented'),
    capped: of('capped'),
    late: of('late'),
    invalid: of('invalid'),
    failed: of('failed'),
    inDoubt: of('in_doubt'),
    cancelled: of('cancelled'),
    open: targeted - recorded + of('waiting') + of('claimed') + of('sending') + of('released'),
  };
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
