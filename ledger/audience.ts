/** Who a campaign is for: reads the contact book or the campaign's CSV, asks the condition, assigns holdout and order. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { assign } from '../definition/assignment';
import type { AudienceFacts } from '../definition/plan-facts';
import type { ResolvedCampaign, Sha256 } from '../definition/resolved';
import type { FrequencyCap } from '../definition/workspace-types';
import {
  type AudienceContact,
  audiencePages,
  type ConsentRecord,
  type ContactRow,
  contactsByKey,
  type IncomingContact,
  latestConsents,
  type MergedContact,
  mergeContacts,
  newestConsent,
} from './contacts';
import type { Database, Queryable } from './database';
import { readPeople } from './people-csv';

/** Evaluates `audience.where` on one contact. */
export type AudienceCondition = (contact: Record<string, unknown>) => boolean | { undecidable: string };

export interface AudienceRequest {
  campaign: ResolvedCampaign;
  condition: AudienceCondition;
  /** Content of the campaign's CSV where `audience.from` names one. */
  csv?: Buffer;
  secretKey: string;
}

/** One contact that the audience's condition holds for. */
export interface Target {
  /** Contact id; undefined for a person whom only the CSV knows so far. */
  contactId?: string;
  /** Hex. */
  addressHash: string;
  holdout: boolean;
  /** In [0, 1): members are numbered in this order. */
  order: number;
  timeZone: string;
  consented: boolean;
}

export interface TargetPage {
  targets: Target[];
  undecidable: number;
  undecidableReason?: string;
}

/**
 * Everybody the condition holds for, a page at a time: the contact book in the order in which it was filled, a CSV in the
 * order of its people's address hashes. Holdout and order hang on the address, so they are the same before and after
 * the CSV's people are in the book. Nobody for a campaign whose people come one by one, with their events.
 */
export async function* targetPages(queryable: Queryable, request: AudienceRequest): AsyncGenerator<TargetPage> {
  if (request.campaign.trigger || request.campaign.program) return;
  const pages = request.csv ? csvPages(queryable, { ...request, csv: request.csv }) : audiencePages(queryable);
  for await (const page of pages) yield selectTargets(page, request);
}

/** A contact, or one to be: somebody whom only the CSV knows has no id yet. */
type Person = Omit<AudienceContact, 'id'> & { id?: string };

function selectTargets(people: Person[], { campaign, condition }: AudienceRequest): TargetPage {
  const page: TargetPage = { targets: [], undecidable: 0 };
  for (const person of people) {
    const verdict = condition({
      ...person.attributes,
      timeZone: person.timeZone ?? campaign.schedule.timezone,
      locale: person.locale ?? campaign.locale,
      createdAt: person.createdAt,
    });
    if (verdict === true) page.targets.push(target(person, campaign));
    else if (verdict !== false) {
      page.undecidable += 1;
      page.undecidableReason ??= verdict.undecidable;
    }
  }
  return page;
}

function target(person: Person, campaign: ResolvedCampaign): Target {
  const { share, order } = assign(campaign.id, person.addressHash);
  return {
    contactId: person.id,
    addressHash: person.addressHash,
    holdout: share < campaign.audience.holdout,
    order,
    timeZone: person.timeZone ?? campaign.schedule.timezone,
    consented: person.consent === 'granted',
  };
}

const csvPageSize = 5_000;

/** The CSV's people as they will be once imported: what the book knows of them, overlaid with what the file says. */
async function* csvPages(
  queryable: Queryable,
  { csv, secretKey }: { csv: Buffer; secretKey: string },
): AsyncGenerator<Person[]> {
  const rows: IncomingContact[] = [];
  for await (const row of readPeople(Readable.from([csv]), { file: 'audience', secretKey }))
    if ('contact' in row) rows.push(row.contact);
  const people = [...mergeContacts(rows).values()].sort((a, b) => a.addressHash.compare(b.addressHash));
  for (let at = 0; at < people.length; at += csvPageSize) {
    const page = people.slice(at, at + csvPageSize);
    const known = await contactsByKey(
      queryable,
      page.map(({ addressKey }) => addressKey),
    );
    const byKey = new Map(known.map((contact) => [contact.addressKey, contact]));
    const consents = await latestConsents(
      queryable,
      known.map(({ id }) => id),
    );
    yield page.map((incoming) => {
      const contact = byKey.get(incoming.addressKey);
      return overlay(incoming, contact, contact && consents.get(contact.id));
    });
  }
}

function overlay(
  incoming: MergedContact,
  contact: ContactRow | undefined,
  recorded: Pick<ConsentRecord, 'state' | 'recordedAt'> | undefined,
): Person {
  return {
    id: contact?.id,
    addressHash: incoming.addressHash.toString('hex'),
    timeZone: incoming.timeZone ?? contact?.timeZone ?? null,
    locale: incoming.locale ?? contact?.locale ?? null,
    attributes: { ...contact?.attributes, ...incoming.attributes },
    consent:
      newestConsent([...(recorded ? [recorded] : []), ...incoming.consents])?.state ?? contact?.consent ?? 'none',
    createdAt: contact?.createdAt ?? new Date(0),
  };
}

/** Identity of an audience: its people by the hashes of their addresses, with their holdout flags. */
export class AudienceChecksum {
  private readonly digest = createHash('sha256');

  add(targets: Target[]): void {
    this.digest.update(targets.map(({ addressHash, holdout }) => `${addressHash}:${holdout ? 1 : 0}\n`).join(''));
  }

  value(): Sha256 {
    return this.digest.digest('hex');
  }
}

/** Counts an audience without writing anything. Memory does not grow with the contact book. */
export async function countAudience(
  database: Database,
  request: AudienceRequest & { frequencyCaps: FrequencyCap[]; now: Date; liveRuns: number[] },
): Promise<{ audience: AudienceFacts; sharedMembers: Map<number, number> }> {
  const facts = { targeted: 0, heldOut: 0, suppressed: 0, unconsented: 0, capped: 0, reachable: 0, undecidable: 0 };
  const checksum = new AudienceChecksum();
  const zones = new Map<string, number>();
  const sharedMembers = new Map<number, number>();
  let undecidableReason: string | undefined;
  for await (const page of targetPages(database, request)) {
    const [hindered] = await Promise.all([
      hindrances(database, page.targets, request),
      countShared(database, page.targets, request.liveRuns, sharedMembers),
    ]);
    checksum.add(page.targets);
    facts.targeted += page.targets.length;
    facts.undecidable += page.undecidable;
    undecidableReason ??= page.undecidableReason;
    for (const target of page.targets) {
      zones.set(target.timeZone, (zones.get(target.timeZone) ?? 0) + 1);
      facts[hindered(target)] += 1;
    }
  }
  const audience = { ...facts, undecidableReason, checksum: checksum.value(), timeZones: largestZones(zones) };
  return { audience, sharedMembers };
}

/** Adds up how many of these people are members of runs that are not over. */
async function countShared(
  queryable: Queryable,
  targets: Target[],
  liveRuns: number[],
  totals: Map<number, number>,
): Promise<void> {
  if (liveRuns.length === 0) return;
  const { rows } = await queryable.query<{ run_no: number; shared: number }>(
    `select run_no, count(*)::int as shared from members
      where contact_id = any($1::bigint[]) and run_no = any($2::int[]) group by run_no`,
    [contactIds(targets), liveRuns],
  );
  for (const { run_no, shared } of rows) totals.set(run_no, (totals.get(run_no) ?? 0) + shared);
}

function contactIds(targets: Target[]): string[] {
  return targets.flatMap(({ contactId }) => (contactId === undefined ? [] : [contactId]));
}

type Fate = 'heldOut' | 'suppressed' | 'unconsented' | 'capped' | 'reachable';

/** The first reason why each of these people would get nothing today, in the order in which a claim judges. */
async function hindrances(
  queryable: Queryable,
  targets: Target[],
  request: { frequencyCaps: FrequencyCap[]; now: Date },
): Promise<(target: Target) => Fate> {
  const { rows } = await queryable.query<{ hash: string }>(
    `select encode(address_hash, 'hex') as hash from suppressions
      where address_hash in (select decode(hash, 'hex') from unnest($1::text[]) hash)`,
    [targets.map(({ addressHash }) => addressHash)],
  );
  const suppressed = new Set(rows.map(({ hash }) => hash));
  const capped = await cappedContacts(queryable, targets, request);
  return (target) => {
    if (target.holdout) return 'heldOut';
    if (suppressed.has(target.addressHash)) return 'suppressed';
    if (!target.consented) return 'unconsented';
    return target.contactId !== undefined && capped.has(target.contactId) ? 'capped' : 'reachable';
  };
}

async function cappedContacts(
  queryable: Queryable,
  targets: Target[],
  { frequencyCaps, now }: { frequencyCaps: FrequencyCap[]; now: Date },
): Promise<Set<string>> {
  if (frequencyCaps.length === 0) return new Set();
  const { rows } = await queryable.query<{ contact_id: string }>(
    `select d.contact_id
       from deliveries d cross join unnest($2::int[], $3::interval[]) cap(most, per)
      where d.contact_id = any($1::bigint[]) and d.claimed_at > $4::timestamptz - cap.per
        and d.status in ('claimed', 'sending', 'sent', 'in_doubt', 'released')
      group by d.contact_id, cap.most, cap.per having count(*) >= cap.most`,
    [
      contactIds(targets),
      frequencyCaps.map(({ limit }) => limit),
      frequencyCaps.map(({ per }) => `${per} milliseconds`),
      now,
    ],
  );
  return new Set(rows.map(({ contact_id }) => contact_id));
}

function largestZones(zones: Map<string, number>): AudienceFacts['timeZones'] {
  const sorted = [...zones]
    .map(([zone, count]) => ({ zone, count }))
    .sort((a, b) => b.count - a.count || (a.zone < b.zone ? -1 : 1));
  const others = sorted.slice(10).reduce((sum, { count }) => sum + count, 0);
  return others > 0 ? [...sorted.slice(0, 10), { zone: 'other', count: others }] : sorted;
}
