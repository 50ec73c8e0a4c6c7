/** Deliveries in doubt: handed over by a worker or connection that ended before the answer was recorded. */
import type { Queryable } from './database';

export interface DoubtfulDelivery {
  step: string;
  seq: number;
  contactId: string;
  domain: string;
  claimedAt: Date;
  detail: string | null;
}

export async function listInDoubt(queryable: Queryable, runNo: number): Promise<DoubtfulDelivery[]> {
  const { rows } = await queryable.query<DoubtfulDelivery>(
    `select step, seq, contact_id as "contactId", domain, claimed_at as "claimedAt", detail
       from deliveries where run_no = $1 and status = 'in_doubt' order by step, seq`,
    [runNo],
  );
  return rows;
}

/** Resolves doubt about the rows that are still in it. @returns their sequence numbers */
export async function resolveDoubt(
  queryable: Queryable,
  request: {
    runNo: number;
    step: string;
    seqs: number[];
    as: 'released' | 'given-up' | 'sent';
    detail: string;
    now: Date;
  },
): Promise<number[]> {
  const { rows } = await queryable.query<{ seq: number }>(
    `update deliveries
        set status = case $4 when 'released' then 'released' when 'sent' then 'sent' else 'failed' end,
            detail = $5, claim_token = null, settled_at = case $4 when 'released' then null else $6::timestamptz end
      where run_no = $1 and step = $2 and seq = any($3::int[]) and status = 'in_doubt'
      returning seq`,
    [request.runNo, request.step, request.seqs, request.as, request.detail, request.now],
  );
  return rows.map(({ seq }) => seq).sort((a, b) => a - b);
}
