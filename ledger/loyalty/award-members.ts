import type { Queryable } from '../database';

/**
 * Members of a range who get what a loyalty step awards: nobody who is held out; of buyers, those who have bought since the
 * run was prepared.
 */
export async function membersToAward(
  queryable: Queryable,
  request: { runNo: number; range: { from: number; to: number }; to: 'all' | 'buyers'; now: Date },
): Promise<{ seq: number; contactId: string }[]> {
  const { runNo, range, to, now } = request;
  const { rows } = await queryable.query<{ seq: number; contactId: string }>(
    `select m.seq, m.contact_id as "contactId"
       from members m join runs r on r.no = m.run_no
      where m.run_no = $1 and m.seq between $2 and $3 and m.arm <> 'holdout'
        and ($4 = 'all' or exists (
              select from events e
               where e.contact_id = m.contact_id and e.kind in ('converted', 'revenue') and not e.is_bot
                 and e.occurred_at >= r.prepared_at and e.occurred_at <= $5))
      order by m.seq`,
    [runNo, range.from, range.to, to, now],
  );
  return rows;
}
