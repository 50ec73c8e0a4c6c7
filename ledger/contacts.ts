/** The contact book: upserts by normalised address, with the record behind each consent. */
import type { EmailAddress } from '../email/address';
import { type Database, maybeOne, type Queryable, transaction } from './database';

export interface ConsentRecord {
  state: 'granted' | 'withdrawn';
  basis: 'consent' | 'soft-opt-in';
  source: string;
  wording?: string;
  method?: string;
  recordedAt: Date;
}

/** One person as imported. Absent fields leave what the book has. */
export interface IncomingContact {
  address: EmailAddress;
  addressKey: string;
  addressHash: Buffer;
  domain: string;
  externalId?: string;
  timeZone?: string;
  locale?: string;
  attributes: Record<string, unknown>;
  consent?: ConsentRecord;
}

export interface UpsertCounts {
  added: number;
  updated: number;
  /** Rows of the same batch that name an address again. */
  repeated: number;
}

/** One person as all rows that name them say. */
export type MergedContact = Omit<IncomingContact, 'consent'> & { consents: ConsentRecord[] };

/**
 * People by address key. Of several rows about one person the later completes and corrects the earlier, whichever way
 * they are cut into batches; every consent record is kept, because the newest counts and not the last one read.
 */
export function mergeContacts(incoming: Iterable<IncomingContact>): Map<string, MergedContact> {
  const people = new Map<string, MergedContact>();
  for (const { consent, ...later } of incoming) {
    const earlier = people.get(later.addressKey);
    people.set(later.addressKey, {
      ...later,
      externalId: later.externalId ?? earlier?.externalId,
      timeZone: later.timeZone ?? earlier?.timeZone,
      locale: later.locale ?? earlier?.locale,
      attributes: earlier ? { ...earlier.attributes, ...later.attributes } : later.attributes,
      consents: [...(earlier?.consents ?? []), ...(consent ? [consent] : [])],
    });
  }
  return people;
}

/** The record that counts: the newest and, of two of the same moment, the withdrawal. */
export function newestConsent<T extends Pick<ConsentRecord, 'state' | 'recordedAt'>>(
  records: Iterable<T>,
): T | undefined {
  let newest: T | undefined;
  for (const record of records) {
    const age = newest ? record.recordedAt.getTime() - newest.recordedAt.getTime() : 1;
    if (age > 0 || (age === 0 && record.state === 'withdrawn')) newest = record;
  }
  return newest;
}

/**
 * Adds or updates contacts in one transaction. A consent counts only if no newer record says otherwise.
 * Contacts are written in the order of their keys, so that imports running side by side wait for each other and never
 * in a circle.
 */
export async function upsertContacts(database: Database, incoming: IncomingContact[]): Promise<UpsertCounts> {
  const people = mergeContacts(incoming);
  const contacts = [...people.values()].sort((a, b) => (a.addressKey < b.addressKey ? -1 : 1));
  if (contacts.length === 0) return { added: 0, updated: 0, repeated: 0 };
  return transaction(database, async (client) => {
    const { rows } = await client.query<{ id: string; address_key: string; added: boolean }>(
      `insert into contacts as c (address, address_key, address_hash, domain, external_id, time_zone, locale, attributes, consent)
       select * from unnest($1::text[], $2::text[], $3::bytea[], $4::text[], $5::text[], $6::text[], $7::text[], $8::jsonb[], $9::text[])
           on conflict (address_key) do update
          set address = excluded.address, external_id = coalesce(excluded.external_id, c.external_id),
              time_zone = coalesce(excluded.time_zone, c.time_zone), locale = coalesce(excluded.locale, c.locale),
              attributes = c.attributes || excluded.attributes, updated_at = now()
       returning id, address_key, (xmax = 0) as added`,
      [
        contacts.map(({ address }) => address),
        contacts.map(({ addressKey }) => addressKey),
        contacts.map(({ addressHash }) => addressHash),
        contacts.map(({ domain }) => domain),
        contacts.map(({ externalId }) => externalId ?? null),
        contacts.map(({ timeZone }) => timeZone ?? null),
        contacts.map(({ locale }) => locale ?? null),
        contacts.map(({ attributes }) => JSON.stringify(attributes)),
        contacts.map(({ consents }) => newestConsent(consents)?.state ?? 'none'),
      ],
    );
    await recordConsents(
      client,
      rows.flatMap(({ id, address_key }) =>
        (people.get(address_key)?.consents ?? []).map((consent) => ({ contactId: id, ...consent })),
      ),
    );
    const added = rows.filter((row) => row.added).length;
    return { added, updated: rows.length - added, repeated: incoming.length - contacts.length };
  });
}

/** Appends consent records that say something new and brings the contacts' state to their latest record. */
export async function recordConsents(
  queryable: Queryable,
  records: (ConsentRecord & { contactId: string })[],
): Promise<void> {
  if (records.length === 0) return;
  await queryable.query(
    `with incoming as (
       select * from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[])
         as i(contact_id, state, basis, source, wording, method, recorded_at)
     ),
     appended as (
       insert into consents (contact_id, state, basis, source, wording, method, recorded_at)
       select distinct on (contact_id, state, recorded_at) * from incoming i
        where not exists (select from consents k where k.contact_id = i.contact_id and k.recorded_at = i.recorded_at and k.state = i.state)
     ),
     latest as (
       select distinct on (contact_id) contact_id, state
         from (select contact_id, state, recorded_at from incoming
               union all
               select contact_id, state, recorded_at from consents where contact_id = any($1::bigint[])) known
        order by contact_id, recorded_at desc, state desc
     )
     update contacts c set consent = latest.state, updated_at = now()
       from latest where c.id = latest.contact_id and c.consent <> latest.state`,
    [
      records.map(({ contactId }) => contactId),
      records.map(({ state }) => state),
      records.map(({ basis }) => basis),
      records.map(({ source }) => source),
      records.map(({ wording }) => wording ?? null),
      records.map(({ method }) => method ?? null),
      records.map(({ recordedAt }) => recordedAt),
    ],
  );
}

export interface ContactRow {
  id: string;
  address: string;
  addressKey: string;
  addressHash: Buffer;
  domain: string;
  timeZone: string | null;
  locale: string | null;
  attributes: Record<string, unknown>;
  consent: 'none' | 'granted' | 'withdrawn';
  createdAt: Date;
}

const columns = `id, address, address_key as "addressKey", address_hash as "addressHash", domain, time_zone as "timeZone", locale, attributes, consent,
  created_at as "createdAt"`;

/** What an audience needs to know of a contact. */
export interface AudienceContact
  extends Pick<ContactRow, 'timeZone' | 'locale' | 'attributes' | 'consent' | 'createdAt'> {
  id: string;
  /** Hex. */
  addressHash: string;
}

/** All contacts in the order of their ids, a page at a time; while one is looked at, the next is read. */
export async function* audiencePages(queryable: Queryable, pageSize = 5_000): AsyncGenerator<AudienceContact[]> {
  const read = async (after: string) => {
    const { rows } = await queryable.query<Omit<AudienceContact, 'createdAt'> & { createdMs: number }>(
      `select id, encode(address_hash, 'hex') as "addressHash", time_zone as "timeZone", locale, attributes, consent,
              (extract(epoch from created_at) * 1000)::float8 as "createdMs"
         from contacts where id > $1 order by id limit $2`,
      [after, pageSize],
    );
    return rows.map(({ createdMs, ...contact }) => ({ ...contact, createdAt: new Date(createdMs) }));
  };
  let next = read('0');
  for (;;) {
    const page = await next;
    const last = page.at(-1);
    if (!last) return;
    next = read(last.id);
    // A reader that stops early leaves this page unread, and with it whatever went wrong.
    next.catch(() => undefined);
    yield page;
  }
}

export async function contactsByKey(queryable: Queryable, addressKeys: string[]): Promise<ContactRow[]> {
  const { rows } = await queryable.query<ContactRow>(
    `select ${columns} from contacts where address_key = any($1::text[]) order by id`,
    [addressKeys],
  );
  return rows;
}

/** The consent record that counts for each of these contacts. */
export async function latestConsents(
  queryable: Queryable,
  contactIds: string[],
): Promise<Map<string, Pick<ConsentRecord, 'state' | 'recordedAt'>>> {
  const { rows } = await queryable.query<Pick<ConsentRecord, 'state' | 'recordedAt'> & { contactId: string }>(
    `select distinct on (contact_id) contact_id as "contactId", state, recorded_at as "recordedAt"
       from consents where contact_id = any($1::bigint[]) order by contact_id, recorded_at desc, state desc`,
    [contactIds],
  );
  return new Map(rows.map(({ contactId, ...record }) => [contactId, record]));
}

export async function findContact(queryable: Queryable, addressKey: string): Promise<ContactRow | undefined> {
  return maybeOne<ContactRow>(queryable, `select ${columns} from contacts where address_key = $1`, [addressKey]);
}

export async function contactById(queryable: Queryable, id: string): Promise<ContactRow | undefined> {
  return maybeOne<ContactRow>(queryable, `select ${columns} from contacts where id = $1`, [id]);
}
