/**
 * The inbox of events that other systems tell: stored once by source and id before the answer, handed out to be acted on,
 * and settled, or parked with a reason. Set-based.
 */

import { one, type Queryable } from './database';
import type { EventSubject } from './events';

export interface TypedEvent {
  /** Key under `sources` in `volante.yaml`. */
  source: string;
  /** Unique within its source; up to 200 characters. */
  id: string;
  /** The source's own word for what happened, such as `order.paid`. */
  type: string;
  /** Absent: about nobody. */
  about?: EventSubject;
  occurredAt: Date;
  /** The event's own JSON, without the address of whom it is about. */
  data: Record<string, unknown>;
}

export interface InboxEvent {
  no: string;
  source: string;
  id: string;
  type: string;
  /** Undefined: about nobody. */
  contactId?: string;
  /** It names somebody whom the contact book does not know, or knows more than once. */
  isAboutStranger: boolean;
  occurredAt: Date;
  receivedAt: Date;
  data: Record<string, unknown>;
  /** How often it was handed out, this time included. */
  attempts: number;
}

/** Stores events that are new, in the order of their keys, so that calls side by side never wait in a circle. */
export async function storeInbox(
  queryable: Queryable,
  events: readonly TypedEvent[],
): Promise<{ added: number; repeated: number }> {
  if (events.length === 0) return { added: 0, repeated: 0 };
  const about = events.map((event) => event.about);
  const { rowCount } = await queryable.query(
    `insert into inbox (source, id, type, contact_id, address_hash, external_id, occurred_at, data)
     select * from (
       select distinct on (source, id) source, id, type, contact_id, address_hash, external_id, occurred_at, data
         from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bytea[], $6::text[], $7::timestamptz[], $8::jsonb[])
                with ordinality as i(source, id, type, contact_id, address_hash, external_id, occurred_at, data, ordinality)
        order by source, id, ordinality) first
         on conflict (source, id) do nothing`,
    [
      events.map(({ source }) => source),
      events.map(({ id }) => id),
      events.map(({ type }) => type),
      about.map((subject) => (subject && 'contactId' in subject ? subject.contactId : null)),
      about.map((subject) => (subject && 'addressHash' in subject ? subject.addressHash : null)),
      about.map((subject) => (subject && 'externalId' in subject ? subject.externalId : null)),
      events.map(({ occurredAt }) => occurredAt),
      events.map(({ data }) => JSON.stringify(data)),
    ],
  );
  const added = rowCount ?? 0;
  return { added, repeated: events.length - added };
}

/** Whether at least `most` events wait to be acted on. Costs no more than `most` index entries. */
export async function inboxIsFull(queryable: Queryable, most: number): Promise<boolean> {
  const { waiting } = await one<{ waiting: number }>(
    queryable,
    `select count(*)::int as waiting from (select from inbox where state = 'new' limit $1) first`,
    [most],
  );
  return waiting >= most;
}

interface InboxRow {
  no: string;
  source: string;
  id: string;
  type: string;
  contact: string | null;
  is_named: boolean;
  occurred_at: Date;
  received_at: Date;
  data: Record<string, unknown>;
  attempts: number;
}

/**
 * Hands out events that are due, oldest first, each to one caller until its lease ends. Who an event is about is looked up
 * now: contacts may have been imported since.
 */
export async function takeInbox(
  queryable: Queryable,
  { limit, leaseMs }: { limit: number; leaseMs: number },
): Promise<InboxEvent[]> {
  const { rows } = await queryable.query<InboxRow>(
    `with due as materialized (
       select no from inbox where state = 'new' and next_try_at <= now() order by next_try_at, no limit $1 for update skip locked
     ),
     taken as (
       update inbox i set next_try_at = now() + $2::interval, attempts = least(i.attempts + 1, 32000)
         from due where i.no = due.no
       returning i.*
     )
     select t.no, t.source, t.id, t.type, t.occurred_at, t.received_at, t.data, t.attempts,
            coalesce(t.contact_id::text, t.external_id, encode(t.address_hash, 'hex')) is not null as is_named,
            case when found.people = 1 then found.contact end as contact
       from taken t
      cross join lateral (
        select min(c.id) as contact, count(*) as people
          from (select id from contacts where id = t.contact_id
                union select id from contacts where address_hash = t.address_hash
                union select id from contacts where external_id = t.external_id) c) found
      order by t.no`,
    [limit, `${leaseMs} milliseconds`],
  );
  return rows.map((row) => ({
    no: row.no,
    source: row.source,
    id: row.id,
    type: row.type,
    ...(row.contact !== null && { contactId: row.contact }),
    isAboutStranger: row.is_named && row.contact === null,
    occurredAt: row.occurred_at,
    receivedAt: row.received_at,
    data: row.data,
    attempts: row.attempts,
  }));
}

/** These events have been acted on. */
export async function settleInbox(queryable: Queryable, nos: readonly string[]): Promise<void> {
  if (nos.length === 0) return;
  await queryable.query(
    `update inbox set state = 'done', reason = null, settled_at = now() where no = any($1::bigint[]) and state = 'new'`,
    [nos],
  );
}

/** These events are tried again later, without a mark against them when they are not to blame. */
export async function putOffInbox(
  queryable: Queryable,
  events: readonly { no: string; reason: string; afterMs: number; isToBlame: boolean }[],
): Promise<void> {
  if (events.length === 0) return;
  await queryable.query(
    `update inbox i set next_try_at = now() + e.after, reason = e.reason, attempts = i.attempts - (not e.is_to_blame)::int
       from unnest($1::bigint[], $2::text[], $3::interval[], $4::boolean[]) as e(no, reason, after, is_to_blame)
      where i.no = e.no and i.state = 'new'`,
    [
      events.map(({ no }) => no),
      events.map(({ reason }) => reason.slice(0, longestReason)),
      events.map(({ afterMs }) => `${afterMs} milliseconds`),
      events.map(({ isToBlame }) => isToBlame),
    ],
  );
}

const longestReason = 500;

/** These events wait for a person, who finds the reason beside them. */
export async function parkInbox(
  queryable: Queryable,
  events: readonly { no: string; reason: string }[],
): Promise<void> {
  if (events.length === 0) return;
  await queryable.query(
    `update inbox i set state = 'parked', reason = e.reason
       from unnest($1::bigint[], $2::text[]) as e(no, reason) where i.no = e.no and i.state = 'new'`,
    [events.map(({ no }) => no), events.map(({ reason }) => reason.slice(0, longestReason))],
  );
}

export interface ParkedEvent {
  no: string;
  source: string;
  id: string;
  type: string;
  occurredAt: Date;
  receivedAt: Date;
  attempts: number;
  reason: string;
}

/** @returns parked events, oldest first; `total` counts all of them */
export async function parkedInbox(
  queryable: Queryable,
  { limit }: { limit: number },
): Promise<{ total: number; events: ParkedEvent[] }> {
  const { rows } = await queryable.query<ParkedEvent & { total: number }>(
    `select no, source, id, type, occurred_at as "occurredAt", received_at as "receivedAt", attempts,
            coalesce(reason, '') as reason, (count(*) over ())::int as total
       from inbox where state = 'parked' order by no limit $1`,
    [limit],
  );
  return { total: rows[0]?.total ?? 0, events: rows.map(({ total: _, ...event }) => event) };
}

/** Which parked events are meant: by number, or all. */
export type ParkedChoice = { nos: readonly string[] } | 'all';

const chosen = `state = 'parked' and ($1::bigint[] is null or no = any($1))`;
const numbersOf = (choice: ParkedChoice) => (choice === 'all' ? null : choice.nos);

/** Parked events are tried again from the start. @returns their numbers */
export async function retryParked(queryable: Queryable, choice: ParkedChoice): Promise<string[]> {
  const { rows } = await queryable.query<{ no: string }>(
    `update inbox set state = 'new', attempts = 0, next_try_at = now() where ${chosen} returning no`,
    [numbersOf(choice)],
  );
  return rows.map(({ no }) => no);
}

/** Parked events are never acted on; they stay to be read. @returns their numbers */
export async function discardParked(queryable: Queryable, choice: ParkedChoice): Promise<string[]> {
  const { rows } = await queryable.query<{ no: string }>(
    `update inbox set state = 'discarded', settled_at = now() where ${chosen} returning no`,
    [numbersOf(choice)],
  );
  return rows.map(({ no }) => no);
}

/** Reason of events about people whom the contact book does not know. */
export const strangerReason = 'no such contact, or several';

/** Events about people who were strangers are tried again; whoever imports contacts calls this. */
export async function retryStrangers(queryable: Queryable): Promise<number> {
  const { rowCount } = await queryable.query(
    `update inbox i set state = 'new', attempts = 0, next_try_at = now()
      where i.state = 'parked' and i.reason = $1
        and (select count(*) from (select id from contacts where address_hash = i.address_hash
                                   union select id from contacts where external_id = i.external_id) c) = 1`,
    [strangerReason],
  );
  return rowCount ?? 0;
}
