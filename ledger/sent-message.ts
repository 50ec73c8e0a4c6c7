import type { Sha256 } from '../definition/resolved';
import { maybeOne, type Queryable } from './database';

/** A message as it was sent, as far as it can be told again. */
export interface SentMessage {
  /** That the run went by when the message was claimed. */
  revision: Sha256;
  arm: string | null;
  /** Null: erased. */
  contact: Record<string, unknown> | null;
}

export function readSentMessage(
  queryable: Queryable,
  { runNo, step, seq }: { runNo: number; step: string; seq: number },
): Promise<SentMessage | undefined> {
  return maybeOne<SentMessage & Record<string, unknown>>(
    queryable,
    `select d.arm, c.attributes || jsonb_strip_nulls(jsonb_build_object('email', c.address, 'timeZone', coalesce(c.time_zone, m.time_zone), 'locale', c.locale)) as contact,
            coalesce(a.revision, first.from_revision, r.revision) as revision
       from deliveries d
       join runs r on r.no = d.run_no
       left join amendments a on a.run_no = d.run_no and a.no = d.amendment
       left join lateral (select from_revision from amendments where run_no = d.run_no order by no limit 1) first on true
       left join contacts c on c.id = d.contact_id
       left join members m on m.run_no = d.run_no and m.seq = d.seq
      where d.run_no = $1 and d.step = $2 and d.seq = $3 and d.channel = 'email'`,
    [runNo, step, seq],
  );
}
