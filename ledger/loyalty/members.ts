/** Members of a program, one change at a time. */
import type { Queryable } from '../database';
import type { Program } from './programs';

/**
 * Makes sure that these contacts have an account, and keeps everybody else from it until the end of the transaction. In
 * the order of their numbers, so that nobody waits in a circle.
 */
export async function lockMembers(
  client: Queryable,
  program: Pick<Program, 'id' | 'terms'>,
  contactIds: readonly string[],
): Promise<void> {
  const distinct = [...new Set(contactIds)];
  await client.query(
    `insert into loyalty_balances (program, contact_id, overdraft)
     select $1, contact_id, $3 from unnest($2::bigint[]) contact_id order by contact_id
         on conflict do nothing`,
    [program.id, distinct, program.terms.overdraft],
  );
  await client.query(
    'select from loyalty_balances where program = $1 and contact_id = any($2::bigint[]) order by contact_id for update',
    [program.id, distinct],
  );
}
