/** Tiers: held by what was earned within the tier's period, less what was asked back. */
import type { Queryable } from '../database';
import type { Program } from './programs';

export interface TierChange {
  contactId: string;
  /** Null: none any more. */
  tier: string | null;
  before: string | null;
}

/** Gives these members the highest tier that they qualify for at a moment. The members are locked. */
export async function judgeTiers(
  client: Queryable,
  { program, contactIds, now }: { program: Program; contactIds: readonly string[]; now: Date },
): Promise<TierChange[]> {
  const { tiers } = program.terms;
  if (contactIds.length === 0) return [];
  const { rows } = await client.query<{ contact: string; tier: string | null; before: string | null }>(
    `with due as (
       select b.contact_id, b.tier as before, q.tier
         from loyalty_balances b
         left join lateral (
           select t.id as tier
             from unnest($3::text[], $4::bigint[], $5::interval[]) as t(id, least, period)
            where t.least <= (select coalesce(sum(l.earned - l.claimed), 0) from loyalty_lots l
                               where l.program = $1 and l.contact_id = b.contact_id and l.origin = 'event'
                                 and l.earned_at > $6::timestamptz - t.period)
            order by t.least desc limit 1) q on true
        where b.program = $1 and b.contact_id = any($2::bigint[])
     )
     update loyalty_balances b set tier = d.tier, tier_since = $6 from due d
      where b.program = $1 and b.contact_id = d.contact_id and b.tier is distinct from d.tier
     returning b.contact_id as contact, b.tier, d.before`,
    [
      program.id,
      contactIds,
      tiers.map(({ id }) => id),
      tiers.map(({ from }) => from),
      tiers.map(({ period }) => `${period} milliseconds`),
      now,
    ],
  );
  return rows.map(({ contact, ...change }) => ({ contactId: contact, ...change }));
}
