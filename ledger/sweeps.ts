/** What is still to be done in a range of members, cut into stretches of work. */
import { one, type Queryable } from './database';
import { deliveryOf, type SeqRange, type StepRef } from './deliveries';

export interface Sweep {
  /** Ranges that hold at most `stretch` open members each, in order; at most `most` of them. */
  ranges: SeqRange[];
  /** Members that can be worked on now. */
  open: number;
  /** Members that wait for a later moment, and the earliest of those moments. */
  waiting: number;
  nextDueAt?: Date;
}

/**
 * Looks at every member of `range` and answers what to do next. Depends on the ledger alone, so a run that continues
 * as new, is reset or was paused carries no cursor.
 */
export async function planSweep(
  queryable: Queryable,
  request: StepRef & { range: SeqRange; now: Date; stretch: number; most: number },
): Promise<Sweep> {
  const row = await one<{
    ranges: [number, number][] | null;
    open: string;
    waiting: string;
    next_due_at: Date | null;
  }>(
    queryable,
    `with member as (
       select m.seq, d.status, d.due_at
         from members m
         left join lateral (${deliveryOf}) d on true
        where m.run_no = $1 and m.seq between $3 and $4
          and (d.status is null or d.status in ('waiting', 'claimed', 'sending', 'released'))
     ),
     ready as (
       select seq, (row_number() over (order by seq) - 1) / $6 as stretch
         from member where status is distinct from 'waiting' or due_at <= $5
     ),
     stretch as (select min(seq) as low, max(seq) as high from ready group by stretch order by 1 limit $7)
     select (select json_agg(json_build_array(low, high) order by low) from stretch) as ranges,
            (select count(*) from ready) as open,
            count(*) filter (where status = 'waiting' and due_at > $5) as waiting,
            min(due_at) filter (where status = 'waiting' and due_at > $5) as next_due_at
       from member`,
    [request.runNo, request.step, request.range.from, request.range.to, request.now, request.stretch, request.most],
  );
  return {
    ranges: (row.ranges ?? []).map(([from, to]) => ({ from, to })),
    open: Number(row.open),
    waiting: Number(row.waiting),
    nextDueAt: row.next_due_at ?? undefined,
  };
}
