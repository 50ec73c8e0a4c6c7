/**
 * The book of events: what people did and what became of messages, each once by the id its source gave it. Set-based.
 * An event may lie in the future; whoever reads the book says what time it is.
 */
import type { EventKind } from '../definition/resolved-measuring';
import type { Queryable } from './database';

/** Whom an event is about. `unit`: the hash of a web visitor whom nobody knows by name. */
export type EventSubject =
  | { contactId: string; unit?: string }
  | { addressHash: Buffer; unit?: string }
  | { externalId: string; unit?: string }
  | { unit: string };

export interface NewEvent {
  /** Key under `sources` in `volante.yaml`, or one of ours: see `ownSources`. */
  source: string;
  /** Unique within its source; up to 200 characters. */
  id: string;
  kind: EventKind;
  about: EventSubject;
  /** The delivery behind it, where the event itself knows it. */
  delivery?: { runNo: number; step?: string; seq?: number };
  /** Of an exposure: which arm of which flag was shown. */
  exposure?: { flag: string; arm: string };
  occurredAt: Date;
  /** Millionths of a unit. A refund's amount is positive. */
  amount?: { micros: bigint; currency: string };
  isBot?: boolean;
}

/** What Volante itself sees. No source of `volante.yaml` can have such a name. */
export const ownSources = {
  clicks: 'volante:clicks',
  opens: 'volante:opens',
  unsubscribes: 'volante:unsubscribes',
  bounces: 'volante:bounces',
} as const;

export interface UnknownEvent {
  /** Place in the list that was handed in. */
  index: number;
  reason: string;
}

export interface RecordedEvents {
  added: number;
  /** In the book already, or twice in the list. */
  repeated: number;
  /** Of those, how many say something else than what the book has; what the book has stays. */
  differing: number;
  /** About people whom the contact book does not know, or knows twice. They are parked: see `event-rejects.ts`. */
  unknown: UnknownEvent[];
}

interface Written {
  added: number;
  unknown: { index: number; known: number }[] | null;
  missed: number[] | null;
}

/**
 * Records events that are new. Concurrent calls with the same events record each once. Events are written in the order of
 * their keys, so that calls side by side wait for each other and never in a circle.
 */
export async function recordEvents(queryable: Queryable, events: readonly NewEvent[]): Promise<RecordedEvents> {
  if (events.length === 0) return { added: 0, repeated: 0, differing: 0, unknown: [] };
  const { rows } = await queryable.query<Written>(recordStatement, parametersOf(events));
  const { added = 0, unknown = null, missed = null } = rows[0] ?? {};
  const repeated = missed?.length ?? 0;
  return {
    added,
    repeated,
    differing: repeated === 0 ? 0 : await countDiffering(queryable, events, missed ?? []),
    unknown: (unknown ?? []).map(({ index, known }) => ({
      index,
      reason: known === 0 ? 'no such contact' : `names ${known} contacts`,
    })),
  };
}

const incoming = `
  incoming as (
    select *, (ordinality - 1)::int as index from unnest($1::text[], $2::text[], $3::event_kind[], $4::bigint[], $5::bytea[], $6::text[],
      $7::text[], $8::int[], $9::text[], $10::int[], $11::text[], $12::timestamptz[], $13::bigint[], $14::text[], $15::boolean[])
      with ordinality as i(source, id, kind, contact_id, address_hash, external_id, unit, run_no, step, seq, arm, occurred_at,
        amount_micros, currency, is_bot, ordinality)
  ),
  by_id as (select i.index, c.id from incoming i join contacts c on c.id = i.contact_id),
  by_hash as (select i.index, c.id from incoming i join contacts c on c.address_hash = i.address_hash),
  by_name as (select i.index, c.id from incoming i join contacts c on c.external_id = i.external_id),
  found as materialized (
    select index, min(id) as id, count(*)::int as known
      from (select * from by_id union all select * from by_hash union all select * from by_name) every_way
     group by index
  )`;

const recordStatement = `
  with ${incoming},
  resolved as materialized (
    select i.*, f.id as contact, coalesce(f.known, 0) as known,
           i.contact_id is not null or i.address_hash is not null or i.external_id is not null as is_named
      from incoming i left join found f using (index)
  ),
  usable as (
    select distinct on (source, id) * from resolved where known = 1 or not is_named order by source, id, index
  ),
  added as (
    insert into events (source, id, kind, contact_id, unit, run_no, step, seq, arm, occurred_at, amount_micros, currency, is_bot)
    select source, id, kind, contact, unit, run_no, step, seq, arm, occurred_at, amount_micros, currency, is_bot from usable
     order by source, id
        on conflict do nothing
    returning source, id
  ),
  parked as (
    insert into event_rejects (source, id, reason, kind, address_hash, external_id, occurred_at, amount_micros, currency)
    select distinct on (source, id) source, id, case known when 0 then 'no such contact' else 'names several contacts' end, kind,
           address_hash, external_id, occurred_at, amount_micros, currency
      from resolved where known <> 1 and is_named order by source, id, index
        on conflict do nothing
  )
  select (select count(*)::int from added) as added,
         (select json_agg(json_build_object('index', index, 'known', known) order by index)
            from resolved where known <> 1 and is_named) as unknown,
         (select json_agg(index order by index) from resolved
           where (known = 1 or not is_named)
             and ((source, id) not in (select source, id from added) or index not in (select index from usable))) as missed`;

function parametersOf(events: readonly NewEvent[]): unknown[] {
  const about = events.map((event) => event.about);
  return [
    events.map(({ source }) => source),
    events.map(({ id }) => id),
    events.map(({ kind }) => kind),
    about.map((subject) => ('contactId' in subject ? subject.contactId : null)),
    about.map((subject) => ('addressHash' in subject ? subject.addressHash : null)),
    about.map((subject) => ('externalId' in subject ? subject.externalId : null)),
    about.map(({ unit }) => unit ?? null),
    events.map(({ delivery }) => delivery?.runNo ?? null),
    events.map(({ delivery, exposure }) => exposure?.flag ?? delivery?.step ?? null),
    events.map(({ delivery }) => delivery?.seq ?? null),
    events.map(({ exposure }) => exposure?.arm ?? null),
    events.map(({ occurredAt }) => occurredAt),
    events.map(({ amount }) => amount?.micros.toString() ?? null),
    events.map(({ amount }) => amount?.currency ?? null),
    events.map(({ isBot }) => isBot ?? false),
  ];
}

/** In a statement of its own: rows that another transaction has just written are seen by the next one only. */
async function countDiffering(
  queryable: Queryable,
  events: readonly NewEvent[],
  missed: readonly number[],
): Promise<number> {
  const repeated = missed.flatMap((index) => events[index] ?? []);
  const { rows } = await queryable.query<{ differing: number }>(
    `select count(*)::int as differing
       from unnest($1::text[], $2::text[], $3::event_kind[], $4::timestamptz[], $5::bigint[], $6::text[])
              as i(source, id, kind, occurred_at, amount_micros, currency)
       join events e using (source, id)
      where (e.kind, date_trunc('milliseconds', e.occurred_at), e.amount_micros, e.currency)
            is distinct from (i.kind, i.occurred_at, i.amount_micros, i.currency)`,
    [
      repeated.map(({ source }) => source),
      repeated.map(({ id }) => id),
      repeated.map(({ kind }) => kind),
      repeated.map(({ occurredAt }) => occurredAt),
      repeated.map(({ amount }) => amount?.micros.toString() ?? null),
      repeated.map(({ amount }) => amount?.currency ?? null),
    ],
  );
  return rows[0]?.differing ?? 0;
}
