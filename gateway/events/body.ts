/**
 * What a source may post: one event or a list of them, each with its own fields and no others. An event says what happened
 * by a `kind` of ours, which metrics count, or by a `type` of its own, which journeys and programs act on; `kinds` of the
 * source says which types are counted, too.
 */
import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import type { EventField, EventSource } from '../../definition/workspace-types';
import { eventTypePattern, longestEventType } from '../../definition/written/event-type';
import { nameHash } from '../../ledger/address-hash';
import {
  amountFault,
  eventKinds,
  isTooLate,
  longestId,
  type Read,
  readAmount,
  readName,
  readSubject,
} from '../../ledger/event-fields';
import type { EventSubject, NewEvent } from '../../ledger/events';
import type { TypedEvent } from '../../ledger/inbox';
import { unknownFields } from '../sources/json-body';
import { type EventData, readData, textAt, without } from './data';
import { type Enveloped, openEnvelope } from './envelope';

const name = z.string().min(1).max(400);

const eventSchema = z.strictObject({
  id: name,
  kind: z.enum(eventKinds).optional(),
  type: z.string().max(longestEventType).regex(eventTypePattern).optional(),
  email: z.string().max(400).optional(),
  contactId: z.string().max(20).optional(),
  externalId: name.optional(),
  unit: name.optional(),
  flag: name.optional(),
  arm: name.optional(),
  occurredAt: z.iso.datetime({ offset: true }).optional(),
  amount: z.string().max(20).optional(),
  currency: z.string().max(3).optional(),
  data: z.unknown().optional(),
});

type PostedEvent = z.infer<typeof eventSchema>;

/** One event for the book, the inbox, or both. */
export interface UsableEvent {
  index: number;
  book?: NewEvent;
  inbox?: TypedEvent;
}

export interface ReadEvents {
  usable: UsableEvent[];
  rejected: { index: number; reason: string }[];
  /** The sender speaks a standard, and understands a status only. */
  isStandard: boolean;
}

interface Given {
  source: string;
  entry: EventSource;
  secretKey: string;
  now: Date;
}

/** @returns a fault when the body is no JSON in UTF-8 with an event or at most a thousand of them */
export function readBody(
  body: Buffer,
  { headers, ...given }: Given & { headers: IncomingHttpHeaders },
): ReadEvents | { fault: string } {
  const opened = openEnvelope(body, headers);
  if ('reason' in opened) return { fault: opened.reason };
  const read: ReadEvents = { usable: [], rejected: [], isStandard: opened.value.some(({ isTyped }) => isTyped) };
  for (const [index, item] of opened.value.entries()) {
    const event = readEvent(item, given);
    if ('reason' in event) read.rejected.push({ index, reason: event.reason });
    else read.usable.push({ index, ...event.value });
  }
  return read;
}

function readEvent({ event: item, isTyped, fault }: Enveloped, given: Given): Read<Omit<UsableEvent, 'index'>> {
  if (fault !== undefined) return { reason: fault };
  const shaped = eventSchema.safeParse(item);
  if (!shaped.success) return { reason: shapeFault(shaped.error) };
  const posted = shaped.data;
  if ((posted.kind === undefined) === (posted.type === undefined)) return { reason: 'says either kind or type' };
  const id = readName(shortened(posted.id, isTyped), 'id');
  if ('reason' in id) return id;
  const occurredAt = momentOf(posted, { isTyped, now: given.now });
  if ('reason' in occurredAt) return occurredAt;
  const told = { ...given, id: id.value, occurredAt: occurredAt.value };
  return posted.kind === undefined ? readTyped(posted, told) : readCounted(posted, told);
}

interface Told extends Given {
  id: string;
  occurredAt: Date;
}

/** Ids of standard envelopes are as long as their senders like. */
function shortened(id: string, isTyped: boolean): string {
  return isTyped && id.trim().length > longestId ? createHash('sha256').update(id).digest('hex') : id;
}

function momentOf({ occurredAt }: PostedEvent, { isTyped, now }: { isTyped: boolean; now: Date }): Read<Date> {
  if (occurredAt === undefined)
    return isTyped ? { value: now } : { reason: 'occurredAt: is no ISO 8601 date and time with its offset' };
  const moment = new Date(occurredAt);
  if (Number.isNaN(moment.getTime())) return { reason: 'occurredAt: is no date' };
  return isTooLate(moment, now) ? { reason: 'occurredAt: is in the future' } : { value: moment };
}

/** Of a kind of ours: for the book alone. */
function readCounted(posted: PostedEvent, told: Told): Read<Omit<UsableEvent, 'index'>> {
  if (posted.kind === undefined) return { reason: 'kind: is missing' };
  if (posted.data !== undefined) return { reason: 'data: only of an event with a type' };
  const { unit } = posted;
  const about = readSubject(
    { ...posted, unit: unit === undefined ? undefined : nameHash(unit, { of: 'unit', key: told.secretKey }) },
    told.secretKey,
  );
  if ('reason' in about) return about;
  const amount = amountOf(posted.kind, posted);
  if (amount && 'reason' in amount) return amount;
  const exposure = exposureOf(posted);
  if (exposure && 'reason' in exposure) return exposure;
  const book = {
    source: told.source,
    id: told.id,
    kind: posted.kind,
    about: about.value,
    occurredAt: told.occurredAt,
    ...(amount && { amount: amount.value }),
    ...(exposure && { exposure: exposure.value }),
  };
  return { value: { book } };
}

/** Of a type of its own: for the inbox, and for the book where the source says that it counts. */
function readTyped(posted: PostedEvent, told: Told): Read<Omit<UsableEvent, 'index'>> {
  const { source, id, occurredAt, entry } = told;
  if (posted.type === undefined) return { reason: 'type: is missing' };
  if (posted.unit !== undefined || posted.flag !== undefined || posted.arm !== undefined)
    return { reason: 'unit, flag and arm: only of kind exposed' };
  const data = readData(posted.data);
  if ('reason' in data) return data;
  const fields = readFields(posted, { data: data.value, entry });
  const about = subjectOf(fields, told.secretKey);
  if (about && 'reason' in about) return about;
  const inbox: TypedEvent = {
    source,
    id,
    type: posted.type,
    ...(about && { about: about.value }),
    occurredAt,
    data: without(data.value, entry.fields?.email ?? 'email'),
  };
  const { [posted.type]: kind } = entry.kinds ?? {};
  if (kind === undefined || !about) return { value: { inbox } };
  const amount = amountOf(kind, withMoneyOnly(kind, fields));
  if (amount && 'reason' in amount) return amount;
  return {
    value: {
      inbox,
      book: { source, id, kind, about: about.value, occurredAt, ...(amount && { amount: amount.value }) },
    },
  };
}

type Fields = Partial<Record<EventField, string>>;

/** Beside the data, or in it where the source says. */
function readFields(posted: PostedEvent, { data, entry }: { data: EventData; entry: EventSource }): Fields {
  const field = (name: EventField) => posted[name] ?? textAt(data, entry.fields?.[name] ?? name);
  return {
    email: field('email'),
    contactId: field('contactId'),
    externalId: field('externalId'),
    amount: field('amount'),
    currency: field('currency'),
  };
}

/** The surest of the ways in which a typed event names a person; undefined when it names nobody. */
function subjectOf({ contactId, externalId, email }: Fields, secretKey: string): Read<EventSubject> | undefined {
  if (contactId !== undefined) return readSubject({ contactId }, secretKey);
  if (externalId !== undefined) return readSubject({ externalId }, secretKey);
  return email === undefined ? undefined : readSubject({ email }, secretKey);
}

/** A type that counts as a click may well speak of money. */
function withMoneyOnly(kind: NewEvent['kind'], fields: Fields): Fields {
  return amountFault(kind, true) === undefined ? fields : {};
}

function amountOf(kind: NewEvent['kind'], { amount, currency }: Fields): ReturnType<typeof readAmount> | undefined {
  const fault = amountFault(kind, amount !== undefined);
  if (fault !== undefined) return { reason: fault };
  if (amount === undefined) return currency === undefined ? undefined : { reason: 'currency: there is no amount' };
  return readAmount(amount, currency ?? '');
}

function exposureOf({ kind, unit, flag, arm }: PostedEvent): Read<NonNullable<NewEvent['exposure']>> | undefined {
  if (kind !== 'exposed')
    return flag === undefined && arm === undefined ? undefined : { reason: 'flag and arm: only of kind exposed' };
  if (unit === undefined) return { reason: 'unit: an exposure needs one' };
  const names = [readName(flag ?? '', 'flag'), readName(arm ?? '', 'arm')] as const;
  const fault = names.find((each) => 'reason' in each);
  if (fault && 'reason' in fault) return fault;
  return { value: { flag: (flag ?? '').trim(), arm: (arm ?? '').trim() } };
}

/** The first fault, by field; never the value, which may be personal. */
function shapeFault(error: z.ZodError): string {
  const [issue] = error.issues;
  if (issue === undefined) return 'is no event';
  const unknown = unknownFields(issue);
  if (unknown !== undefined) return unknown;
  const field = issue.path.join('.');
  const said =
    field === 'kind'
      ? `is none of ${eventKinds.join(', ')}`
      : field === 'occurredAt'
        ? 'is no ISO 8601 date and time with its offset'
        : field === 'type'
          ? 'is no word such as order.paid'
          : issue.code === 'too_big'
            ? 'is too long'
            : issue.code === 'too_small'
              ? 'is empty'
              : 'is missing, or no text';
  return field === '' ? 'is no event' : `${field}: ${said}`;
}
