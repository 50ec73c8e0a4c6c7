/** How many members of a frozen audience a run can reach at this moment. */
import { one, type Queryable } from './database';

export interface MemberCounts {
  members: number;
  heldOut: number;
  /** Members not held out whose address is suppressed. */
  suppressed: number;
  /** Members not held out, not suppressed, without a granted consent. */
  unconsented: number;
}

export async function countMembers(queryable: Queryable, runNo: number): Promise<MemberCounts> {
  return one<MemberCounts & Record<string, number>>(
    queryable,
    `select count(*)::int as members,
            count(*) filter (where arm = 'holdout')::int as "heldOut",
            count(*) filter (where arm <> 'holdout' and suppressed)::int as suppressed,
            count(*) filter (where arm <> 'holdout' and not suppressed and consent is distinct from 'granted')::int as unconsented
       from (select m.arm, c.consent,
                    exists (select from suppressions s where s.address_hash = c.address_hash) as suppressed
               from members m left join contacts c on c.id = m.contact_id
              where m.run_no = $1) people`,
    [runNo],
  );
}
