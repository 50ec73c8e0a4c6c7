import type { Queryable } from '../database';

/** What triggers see of a contact. */
export interface TriggerContact {
  attributes: Record<string, unknown>;
  timeZone: string | null;
  locale: string | null;
  createdAt: Date;
}

/** Contacts of a batch of events, by id. */
export async function triggerContacts(
  queryable: Queryable,
  ids: readonly string[],
): Promise<Map<string, TriggerContact>> {
  if (ids.length === 0) return new Map();
  const { rows } = await queryable.query<TriggerContact & { id: string }>(
    `select id, attributes, time_zone as "timeZone", locale, created_at as "createdAt" from contacts where id = any($1::bigint[])`,
    [[...new Set(ids)]],
  );
  return new Map(rows.map(({ id, ...contact }) => [id, contact]));
}
