import { one, type Queryable } from './database';

/**
 * Moves parked events into the book whose people the contact book has come to know, each to exactly one contact. What is
 * still unknown, or names several, stays parked.
 * @returns how many events were waiting for these people
 */
export async function settleRejects(queryable: Queryable): Promise<number> {
  const { settled } = await one<{ settled: number }>(
    queryable,
    `with known as materialized (
       select r.source, r.id, r.kind, r.occurred_at, r.received_at, r.amount_micros, r.currency, c.contact_id
         from event_rejects r
        cross join lateral (
          select min(id) as contact_id, count(*) as people
            from (select id from contacts where address_hash = r.address_hash
                  union all
                  select id from contacts where external_id = r.external_id) found) c
        where c.people = 1
     ),
     added as (
       insert into events (source, id, kind, contact_id, occurred_at, received_at, amount_micros, currency)
       select source, id, kind, contact_id, occurred_at, received_at, amount_micros, currency from known order by source, id
           on conflict do nothing
     ),
     gone as (
       delete from event_rejects r using known k where r.source = k.source and r.id = k.id returning 1
     )
     select count(*)::int as settled from gone`,
  );
  return settled;
}
