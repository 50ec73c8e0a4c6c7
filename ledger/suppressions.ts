/** Addresses that get nothing more. Append-only; wins over any audience; checked inside each claim. */
import type { Queryable } from './database';

export type SuppressionReason = 'unsubscribed' | 'bounced' | 'complained' | 'manual';

/** Idempotent: the first reason stays. */
export async function suppress(
  queryable: Queryable,
  entry: { addressHash: Buffer; reason: SuppressionReason; source: string },
): Promise<{ added: boolean }> {
  const { rowCount } = await queryable.query(
    'insert into suppressions (address_hash, reason, source) values ($1, $2, $3) on conflict do nothing',
    [entry.addressHash, entry.reason, entry.source],
  );
  return { added: rowCount === 1 };
}

/** Suppresses the addresses of contacts, such as those whose mail bounced for good. */
export async function suppressContacts(
  queryable: Queryable,
  entry: { contactIds: string[]; reason: SuppressionReason; source: string },
): Promise<void> {
  await queryable.query(
    `insert into suppressions (address_hash, reason, source)
     select distinct address_hash, $2, $3 from contacts where id = any($1::bigint[])
         on conflict do nothing`,
    [entry.contactIds, entry.reason, entry.source],
  );
}
