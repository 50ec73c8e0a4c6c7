/** Refunds: what an order earned goes back in proportion. A refund that comes before its order waits for it. */
import type { Queryable } from '../database';
import type { Program } from './programs';
import { type Claim, takeBack } from './take-back';

export interface Refund {
  /** Number of the event in the inbox. */
  eventNo: string;
  contactId: string;
  orderRef: string;
  /** Absent: the whole order. */
  amountMicros?: bigint;
  occurredAt: Date;
}

export async function storeRefunds(
  client: Queryable,
  { program, refunds }: { program: Pick<Program, 'id'>; refunds: readonly Refund[] },
): Promise<void> {
  if (refunds.length === 0) return;
  await client.query(
    `insert into loyalty_refunds (program, event_no, contact_id, order_ref, amount_micros, occurred_at)
     select $1, * from unnest($2::bigint[], $3::bigint[], $4::text[], $5::bigint[], $6::timestamptz[]) as r(event_no)
         on conflict do nothing`,
    [
      program.id,
      refunds.map(({ eventNo }) => eventNo),
      refunds.map(({ contactId }) => contactId),
      refunds.map(({ orderRef }) => orderRef),
      refunds.map(({ amountMicros }) => amountMicros ?? null),
      refunds.map(({ occurredAt }) => occurredAt),
    ],
  );
}

interface OpenRefund {
  event_no: string;
  contact_id: string;
  lot_no: string;
  points: string | null;
}

/**
 * Meets the refunds of these orders whose points are in the book. The members are locked. What the order earned goes back
 * by the share of its amount, rounded up, and wholly when it is not known how much it was.
 */
export async function settleRefunds(
  client: Queryable,
  { program, orderRefs, now }: { program: Program; orderRefs: readonly string[]; now: Date },
): Promise<{ settled: number; uncovered: bigint }> {
  if (orderRefs.length === 0) return { settled: 0, uncovered: 0n };
  const { rows } = await client.query<OpenRefund>(
    `select r.event_no, l.contact_id, l.no as lot_no,
            case when r.amount_micros is null or coalesce(l.amount_micros, 0) = 0 then null
                 else least(l.earned, ceil(l.earned::numeric * r.amount_micros / l.amount_micros))::text end as points
       from loyalty_refunds r
       join loyalty_lots l on l.program = r.program and l.order_ref = r.order_ref and l.contact_id = r.contact_id
      where r.program = $1 and r.order_ref = any($2::text[]) and r.settled_at is null
      order by r.event_no, l.no`,
    [program.id, [...new Set(orderRefs)]],
  );
  const claims = rows.map(
    (row): Claim => ({
      contactId: row.contact_id,
      key: `refund:${row.event_no}:${row.lot_no}`,
      kind: 'refund',
      lotNo: row.lot_no,
      ...(row.points !== null && { points: BigInt(row.points) }),
    }),
  );
  const taken = await takeBack(client, { program, claims, now });
  const eventNos = [...new Set(rows.map((row) => row.event_no))];
  await client.query(
    'update loyalty_refunds set settled_at = $3 where program = $1 and event_no = any($2::bigint[]) and settled_at is null',
    [program.id, eventNos, now],
  );
  return { settled: eventNos.length, uncovered: taken.reduce((sum, { uncovered }) => sum + uncovered, 0n) };
}
