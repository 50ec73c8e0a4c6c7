/**
 * The independent check after a storm: reads what arrived at the SMTP sink and the rows of the ledger, with statements of
 * its own, and knows nothing of how Volante works.
 */
import { Client } from 'pg';
import type { SinkMessage } from '../support/smtp-sink';

export interface Verdict {
  members: number;
  arrived: number;
  byStatus: Record<string, number>;
  /** Recipients that got more than one message. */
  twice: string[];
  /** Recipients with a row that says `sent` but no message. */
  sentButNotArrived: string[];
  /** Recipients whose message arrived although no row says `sent` or `in_doubt`. */
  arrivedUnrecorded: string[];
  /** Members without a row, or with one that is not final. */
  unaccounted: string[];
  /** Messages to addresses that are no member's. */
  strangers: string[];
}

const final = [
  'sent',
  'held_out',
  'suppressed',
  'unconsented',
  'capped',
  'late',
  'invalid',
  'failed',
  'in_doubt',
  'cancelled',
];

export async function checkDeliveries(options: {
  databaseUrl: string;
  runId: string;
  step: string;
  messages: readonly SinkMessage[];
}): Promise<Verdict> {
  const client = new Client({ connectionString: options.databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ address: string; status: string | null }>(
      `select c.address, d.status
         from runs r
         join members m on m.run_no = r.no
         join contacts c on c.id = m.contact_id
         left join deliveries d on d.run_no = m.run_no and d.seq = m.seq and d.step = $2
        where r.run_id = $1`,
      [options.runId, options.step],
    );
    const arrivals = new Map<string, number>();
    for (const { to } of options.messages)
      for (const address of to) arrivals.set(address, (arrivals.get(address) ?? 0) + 1);
    const addresses = new Set(rows.map(({ address }) => address));
    const pick = (fits: (row: { address: string; status: string | null }) => boolean) =>
      rows.filter(fits).map(({ address }) => address);
    return {
      members: rows.length,
      arrived: [...arrivals.keys()].filter((address) => addresses.has(address)).length,
      byStatus: rows.reduce<Record<string, number>>((counts, { status }) => {
        counts[status ?? 'none'] = (counts[status ?? 'none'] ?? 0) + 1;
        return counts;
      }, {}),
      twice: [...arrivals].filter(([, count]) => count > 1).map(([address]) => address),
      sentButNotArrived: pick(({ address, status }) => status === 'sent' && !arrivals.has(address)),
      arrivedUnrecorded: pick(
        ({ address, status }) => arrivals.has(address) && status !== 'sent' && status !== 'in_doubt',
      ),
      unaccounted: pick(({ status }) => !final.includes(status ?? 'none')),
      strangers: [...arrivals.keys()].filter((address) => !addresses.has(address)),
    };
  } finally {
    await client.end();
  }
}
