import type { Queryable } from '../database';
import type { EventSubject } from '../events';

/** The contact whom a shop names; undefined for somebody whom the contact book does not know, or knows more than once. */
export async function findMember(queryable: Queryable, subject: EventSubject): Promise<string | undefined> {
  const { rows } = await queryable.query<{ id: string }>(
    `select id from contacts where id = $1::bigint or address_hash = $2::bytea or external_id = $3::text limit 2`,
    [
      'contactId' in subject ? subject.contactId : null,
      'addressHash' in subject ? subject.addressHash : null,
      'externalId' in subject ? subject.externalId : null,
    ],
  );
  return rows.length === 1 ? rows[0]?.id : undefined;
}
